#define _GNU_SOURCE

#include "smbpipe/signatures.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>

#include "smbpipe/interpose_status.h"
#include "smbpipe/nt_status.h"

typedef struct nt_status status_of_name(const char *name);
typedef int map_errno(struct nt_status status);

/* A structure returned in another way than it is taken ends in a wrong value, or here. */
static bool statuses_pass(void) {
    union {
        void *symbol;
        status_of_name *function;
    } status = {dlsym(RTLD_DEFAULT, "nt_status_string_to_code")};
    union {
        void *symbol;
        map_errno *function;
    } map = {dlsym(RTLD_DEFAULT, "map_errno_from_nt_status")};
    struct nt_status refused = {NT_STATUS_NTLM_BLOCKED};
    if (!status.symbol || !map.symbol ||
        status.function("NT_STATUS_LOGON_FAILURE").value != NT_STATUS_LOGON_FAILURE ||
        status.function("NT_STATUS_OK").value != NT_STATUS_OK)
        return false;
    nt_status_forget();
    return map.function((struct nt_status){NT_STATUS_ACCESS_DENIED}) == EACCES &&
           nt_status_last() == NT_STATUS_ACCESS_DENIED && map.function(refused) != 0 &&
           nt_status_last() == NT_STATUS_NTLM_BLOCKED;
}

bool signatures_check(void) {
    static const char *const interposed[] = {
        "cli_session_setup_creds",
        "gss_init_sec_context",
        "krb5_get_init_creds_opt_set_forwardable",
        "krb5_get_init_creds_password",
        "krb5_to_nt_status",
        "load_interfaces",
        "lp_load_client",
        "lp_load_client_no_reinit",
        "map_errno_from_nt_status",
        "smb2cli_session_set_session_key",
        "gettimeofday",
    };
    static const char *const called[] = {
        "nt_errstr",
        "smb2cli_session_encryption_on",
        "krb5_init_context",
        "krb5_get_default_realm",
        "krb5_parse_name",
        "krb5_unparse_name",
        "krb5_cc_default",
        "krb5_cc_cache_match",
        "krb5_cc_get_principal",
        "krb5_cc_get_full_name",
    };
    bool is_well = true;
    for (size_t i = 0; i < sizeof interposed / sizeof *interposed; i++)
        if (!dlsym(RTLD_NEXT, interposed[i])) {
            fprintf(stderr, "smbpipe: libsmbclient has no function %s\n", interposed[i]);
            is_well = false;
        }
    for (size_t i = 0; i < sizeof called / sizeof *called; i++)
        if (!dlsym(RTLD_DEFAULT, called[i])) {
            fprintf(stderr, "smbpipe: libsmbclient has no function %s\n", called[i]);
            is_well = false;
        }
    if (is_well && !statuses_pass()) {
        fprintf(stderr, "smbpipe: libsmbclient passes NTSTATUS in another way\n");
        is_well = false;
    }
    return is_well;
}
