# A whole domain, in namespaces: root, and half a minute. Where the machine cannot, it fails and says why.

DOMAIN_PACKAGES := samba-ad-dc samba-ad-provision samba-dsdb-modules samba-vfs-modules winbind ldb-tools python3-samba python3-markdown \
	krb5-user smbclient iproute2 util-linux
DOMAIN_SCRIPTS := spec/domain/run spec/domain/controller.sh spec/domain/server.sh
HARDENING_CHECKS += test-domain
.PHONY: test-domain domain-packages

domain-packages: test-packages
	@spec/lab/install 'a domain' $(DOMAIN_PACKAGES)

test-domain: domain-packages
	@$(MAKE) --no-print-directory all
	@mkdir -p $(FACTS)
	@rm -f $(FACTS)/test-domain.tsv
	@$(TREE_PATHS) ROLLCALL=$(COMMAND) DOMAIN_FACTS=$(abspath $(FACTS))/test-domain.tsv \
	  spec/domain/run busted --lua=$(LUA) --output=spec/lab/output.lua spec/domain/domain.lua
