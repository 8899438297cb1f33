#define _GNU_SOURCE

#include "smbpipe/kerberos.h"

#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "rpc/win32_status.h"
#include "smbpipe/say_logon.h"

/* MIT's library and Heimdal have these alike; their headers are not there for the one in Samba. */
typedef int32_t init_context(void **context);
typedef void free_context(void *context);
typedef int32_t get_default_realm(void *context, char **realm);
typedef int32_t parse_name(void *context, const char *name, void **principal);
typedef int32_t unparse_name(void *context, void *principal, char **name);
typedef int32_t cc_default(void *context, void **cache);
typedef int32_t cc_cache_match(void *context, void *principal, void **cache);
typedef int32_t cc_get_principal(void *context, void *cache, void **principal);
typedef int32_t cc_get_full_name(void *context, void *cache, char **name);

union function {
    void *symbol;
    init_context *init_context;
    free_context *free_context;
    get_default_realm *get_default_realm;
    parse_name *parse_name;
    unparse_name *unparse_name;
    cc_default *cc_default;
    cc_cache_match *cc_cache_match;
    cc_get_principal *cc_get_principal;
    cc_get_full_name *cc_get_full_name;
};

/* -1 where the library has no such function. */
#define CALL(name, ...) (find("krb5_" #name).symbol ? find("krb5_" #name).name(__VA_ARGS__) : -1)

static union function find(const char *name) {
    return (union function){dlsym(RTLD_DEFAULT, name)};
}

/* One for the life of the process, as libsmbclient's is. */
static void *library(void) {
    static void *context;
    if (!context && CALL(init_context, &context) != 0)
        context = NULL;
    return context;
}

static bool default_realm(char realm[KERBEROS_NAME_LIMIT]) {
    char *found = NULL;
    if (!library() || CALL(get_default_realm, library(), &found) != 0 || !found)
        return false;
    int length = snprintf(realm, KERBEROS_NAME_LIMIT, "%s", found);
    free(found);
    return length > 0 && length < KERBEROS_NAME_LIMIT;
}

static bool label_is(const char *name, const char *label) {
    size_t length = strlen(label);
    return strncasecmp(name, label, length) == 0 && (name[length] == '.' || name[length] == '\0');
}

/* DOMAIN\user has the domain's short name. It is taken for a realm only where that begins so:
 * another realm may have a user of the same name. */
static bool realm_of_domain(const struct frame_logon *logon, char realm[KERBEROS_NAME_LIMIT]) {
    if (strchr(logon->domain, '.')) {
        snprintf(realm, KERBEROS_NAME_LIMIT, "%s", logon->domain);
        return true;
    }
    if (default_realm(realm) && label_is(realm, logon->domain))
        return true;
    for (const char *rest = strchr(logon->host, '.'); rest; rest = strchr(rest, '.'))
        if (label_is(++rest, logon->domain)) {
            snprintf(realm, KERBEROS_NAME_LIMIT, "%.*s",
                     (int)(strlen(rest) - (rest[strlen(rest) - 1] == '.')), rest);
            return true;
        }
    return false;
}

bool kerberos_principal(const struct frame_logon *logon, char name[KERBEROS_NAME_LIMIT],
                        struct frame_failure *failure) {
    char realm[KERBEROS_NAME_LIMIT];
    const char *at = strrchr(logon->username, '@');
    size_t length = at ? (size_t)(at - logon->username) : strlen(logon->username);
    if (at) {
        snprintf(realm, sizeof realm, "%s", at + 1);
    } else if (logon->domain[0]) {
        if (!realm_of_domain(logon, realm)) {
            say_logon(failure, ERROR_LOGON_FAILURE,
                      "which Kerberos realm has the domain %.64s is not known here: write the user "
                      "as name@REALM",
                      logon->domain);
            return false;
        }
    } else if (!default_realm(realm)) {
        say_logon(failure, ERROR_LOGON_FAILURE,
                  "there is no default realm for Kerberos: write the user as name@REALM, or set "
                  "default_realm in krb5.conf");
        return false;
    }
    for (char *byte = realm; *byte; byte++) /* as each realm of a domain is written */
        if (*byte >= 'a' && *byte <= 'z')
            *byte = (char)(*byte - 'a' + 'A');
    int written =
        snprintf(name, KERBEROS_NAME_LIMIT, "%.*s@%s", (int)length, logon->username, realm);
    if (written > 0 && written < KERBEROS_NAME_LIMIT)
        return true;
    say_logon(failure, ERROR_LOGON_FAILURE, "the user's name is too long");
    return false;
}

static bool name_of(void *principal, char name[KERBEROS_NAME_LIMIT]) {
    char *text = NULL;
    if (CALL(unparse_name, library(), principal, &text) != 0 || !text)
        return false;
    int length = snprintf(name, KERBEROS_NAME_LIMIT, "%s", text);
    free(text);
    return length > 0 && length < KERBEROS_NAME_LIMIT;
}

bool kerberos_tickets(char cache[KERBEROS_NAME_LIMIT], char principal[KERBEROS_NAME_LIMIT]) {
    void *opened = NULL, *owner = NULL;
    char *text = NULL;
    const char *said = getenv("KRB5CCNAME");
    snprintf(cache, KERBEROS_NAME_LIMIT, "%s", said ? said : "the default one");
    if (!library() || CALL(cc_default, library(), &opened) != 0)
        return false;
    if (CALL(cc_get_full_name, library(), opened, &text) == 0 && text)
        snprintf(cache, KERBEROS_NAME_LIMIT, "%s", text);
    free(text);
    return CALL(cc_get_principal, library(), opened, &owner) == 0 && name_of(owner, principal);
}

/* A type of caches that the library does not have is a file's name to it: as if it were in a folder
 * where there is none. Returns the length of the type at the start of that name, or 0. */
static size_t unknown_type(const char *cache, const char **name) {
    static const char file[] = "FILE:";
    if (strncmp(cache, file, sizeof file - 1) != 0)
        return 0;
    *name = cache + sizeof file - 1;
    size_t length = strspn(*name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    return (*name)[length] == ':' ? length : 0;
}

void kerberos_say_no_ticket(struct frame_failure *failure, const char *cache) {
    const char *name;
    size_t length = unknown_type(cache, &name);
    if (length > 0) {
        say_logon(failure, ERROR_LOGON_FAILURE,
                  "no Kerberos ticket in the cache %.64s: the Kerberos in this libsmbclient has no "
                  "caches of the type %.*s: get one by kinit -c FILE, and name it in KRB5CCNAME",
                  name, (int)(length < 16 ? length : 16), name);
        return;
    }
    say_logon(
        failure, ERROR_LOGON_FAILURE,
        "no Kerberos ticket in the cache %.100s: get one by kinit (by kinit -kt FILE USER from "
        "a keytab), or give a user name and a password",
        cache);
}

bool kerberos_choose_tickets(const char *principal, struct frame_failure *failure) {
    char cache[KERBEROS_NAME_LIMIT], owner[KERBEROS_NAME_LIMIT];
    void *wanted = NULL, *found = NULL;
    char *name = NULL;
    bool readable = kerberos_tickets(cache, owner);
    /* Domains do not distinguish capital letters from small ones. */
    if (readable && strcasecmp(owner, principal) == 0)
        return true;
    if (library() && CALL(parse_name, library(), principal, &wanted) == 0 &&
        CALL(cc_cache_match, library(), wanted, &found) == 0 &&
        CALL(cc_get_full_name, library(), found, &name) == 0 && name) {
        setenv("KRB5CCNAME", name, 1);
        free(name);
        return true;
    }
    if (readable)
        say_logon(failure, ERROR_LOGON_FAILURE,
                  "no Kerberos ticket of %.64s: the cache %.64s has those of %.64s", principal,
                  cache, owner);
    else
        kerberos_say_no_ticket(failure, cache);
    return false;
}
