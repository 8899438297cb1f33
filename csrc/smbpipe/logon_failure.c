#include "smbpipe/logon_failure.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "rpc/win32_status.h"
#include "smbpipe/interpose_status.h"
#include "smbpipe/kerberos.h"
#include "smbpipe/nt_status.h"
#include "smbpipe/say_logon.h"

/* The numbers of RFC 4120, 7.5.9, and of the libraries' own table behind them. */
enum {
    KERBEROS_BASE = -1765328384,
    CLIENT_EXPIRED = KERBEROS_BASE + 1,
    CLIENT_UNKNOWN = KERBEROS_BASE + 6,
    SERVER_UNKNOWN = KERBEROS_BASE + 7,
    POLICY = KERBEROS_BASE + 12,
    NO_COMMON_ENCRYPTION = KERBEROS_BASE + 14,
    CLIENT_REVOKED = KERBEROS_BASE + 18,
    KEY_EXPIRED = KERBEROS_BASE + 23,
    PREAUTH_FAILED = KERBEROS_BASE + 24,
    BAD_INTEGRITY = KERBEROS_BASE + 31,
    TICKET_EXPIRED = KERBEROS_BASE + 32,
    TICKET_NOT_YET_VALID = KERBEROS_BASE + 33,
    SKEW = KERBEROS_BASE + 37,
    MODIFIED = KERBEROS_BASE + 41,
    WRONG_REALM = KERBEROS_BASE + 68,
    CACHE_HAS_NONE = KERBEROS_BASE + 141,
    CACHE_END = KERBEROS_BASE + 142,
    KDC_ANSWER_MODIFIED = KERBEROS_BASE + 147,
    KDC_SKEW = KERBEROS_BASE + 148,
    REALM_UNKNOWN = KERBEROS_BASE + 154,
    KDC_UNREACHABLE = KERBEROS_BASE + 156,
    NO_CACHE = KERBEROS_BASE + 195,
    REALM_CANNOT_BE_RESOLVED = KERBEROS_BASE + 220,
};

/* What is there cannot be used, and Kerberos says no more than that there is nothing it can use. */
static void say_expired(struct frame_failure *failure, const char *principal, const char *cache) {
    say_logon(
        failure, ERROR_LOGON_FAILURE,
        "the Kerberos ticket of %.80s in %.80s has expired, or is not for this realm: renew it "
        "by kinit",
        principal, cache);
}

bool is_about_an_old_ticket(int32_t kerberos_problem) {
    return kerberos_problem == TICKET_EXPIRED || kerberos_problem == CACHE_HAS_NONE ||
           kerberos_problem == CACHE_END;
}

static bool has_no_name(const char *host) {
    unsigned char address[sizeof(struct in6_addr)];
    return inet_pton(AF_INET, host, address) == 1 || strchr(host, ':') ||
           strcasecmp(host, "localhost") == 0;
}

/* `principal` is empty where it is not known. False if there is nothing to say. */
static bool explain_kerberos(struct frame_failure *failure, const struct frame_logon *logon,
                             int32_t problem, const char *principal, const char *cache) {
    const char *realm = strrchr(principal, '@');
    realm = realm ? realm + 1 : "the user";
    switch (problem) {
    case 0:
        return false;
    case CLIENT_UNKNOWN:
        say_logon(failure, ERROR_LOGON_FAILURE, "Kerberos knows no user %.150s", principal);
        failure->refused = true;
        break;
    case PREAUTH_FAILED:
    case BAD_INTEGRITY:
        say_logon(failure, ERROR_LOGON_FAILURE, "wrong user name or password");
        failure->refused = true;
        break;
    case KEY_EXPIRED:
        say_logon(failure, ERROR_PASSWORD_EXPIRED, "%s", "change it first");
        break;
    case CLIENT_EXPIRED:
        say_logon(failure, ERROR_ACCOUNT_EXPIRED, "%s", principal);
        break;
    case CLIENT_REVOKED:
        say_logon(failure, ERROR_ACCOUNT_RESTRICTION,
                  "it is disabled, has expired or is locked; Kerberos does not say which");
        break;
    case POLICY:
        say_logon(failure, ERROR_ACCOUNT_RESTRICTION, "by the realm's policy");
        break;
    case SERVER_UNKNOWN:
        say_logon(
            failure, ERROR_WRONG_TARGET_NAME,
            "Kerberos knows no server cifs/%.100s: name it as the domain does, by its full DNS "
            "name",
            logon->host);
        break;
    case MODIFIED:
        say_logon(failure, ERROR_WRONG_TARGET_NAME,
                  "the server does not have the key that Kerberos has for cifs/%.100s",
                  logon->host);
        break;
    case TICKET_EXPIRED:
        say_expired(failure, principal, cache);
        break;
    case TICKET_NOT_YET_VALID:
    case SKEW:
    case KDC_SKEW:
        say_logon(
            failure, ERROR_TIME_SKEW,
            "the clocks of this computer, of the KDC and of the server must agree within five "
            "minutes");
        break;
    case KDC_ANSWER_MODIFIED:
        say_logon(
            failure, ERROR_LOGON_FAILURE,
            "the KDC's answer does not fit: do its clock and this computer's agree within five "
            "minutes?");
        break;
    case NO_COMMON_ENCRYPTION:
        say_logon(failure, ERROR_LOGON_FAILURE, "no common encryption type of Kerberos");
        break;
    case REALM_UNKNOWN:
    case REALM_CANNOT_BE_RESOLVED:
    case WRONG_REALM:
    case KDC_UNREACHABLE:
        say_logon(failure, ERROR_NO_LOGON_SERVERS,
                  "no KDC of the realm %.64s answers: is it spelt so, and is it in DNS "
                  "(_kerberos._udp.%.64s) or in krb5.conf?",
                  realm, realm);
        break;
    case CACHE_HAS_NONE:
    case CACHE_END:
    case NO_CACHE:
        if (principal[0])
            say_expired(failure, principal, cache);
        else
            kerberos_say_no_ticket(failure, cache);
        break;
    default:
        say_logon(failure, ERROR_LOGON_FAILURE, "Kerberos error %d",
                  problem > KERBEROS_BASE && problem < KERBEROS_BASE + 256 ? problem - KERBEROS_BASE
                                                                           : problem);
    }
    return true;
}

static uint32_t win32_of(uint32_t nt_status) {
    switch (nt_status) {
    case NT_STATUS_ACCOUNT_RESTRICTION:
        return ERROR_ACCOUNT_RESTRICTION;
    case NT_STATUS_INVALID_LOGON_HOURS:
        return ERROR_INVALID_LOGON_HOURS;
    case NT_STATUS_INVALID_WORKSTATION:
        return ERROR_INVALID_WORKSTATION;
    case NT_STATUS_PASSWORD_EXPIRED:
        return ERROR_PASSWORD_EXPIRED;
    case NT_STATUS_ACCOUNT_DISABLED:
        return ERROR_ACCOUNT_DISABLED;
    case NT_STATUS_NO_LOGON_SERVERS:
        return ERROR_NO_LOGON_SERVERS;
    case NT_STATUS_TIME_DIFFERENCE_AT_DC:
        return ERROR_TIME_SKEW;
    case NT_STATUS_LOGON_TYPE_NOT_GRANTED:
        return ERROR_LOGON_TYPE_NOT_GRANTED;
    case NT_STATUS_ACCOUNT_EXPIRED:
        return ERROR_ACCOUNT_EXPIRED;
    case NT_STATUS_PASSWORD_MUST_CHANGE:
        return ERROR_PASSWORD_MUST_CHANGE;
    case NT_STATUS_ACCOUNT_LOCKED_OUT:
        return ERROR_ACCOUNT_LOCKED_OUT;
    case NT_STATUS_NTLM_BLOCKED:
        return ERROR_NTLM_BLOCKED;
    default:
        return ERROR_LOGON_FAILURE;
    }
}

static void explain_ntlm(struct frame_failure *failure, uint32_t nt_status) {
    const char *words = nt_status_name(nt_status);
    uint32_t status = win32_of(nt_status);
    switch (nt_status) {
    case NT_STATUS_LOGON_FAILURE:
    case NT_STATUS_WRONG_PASSWORD:
    case NT_STATUS_NO_SUCH_USER:
        words = "wrong user name or password";
        break;
    case NT_STATUS_ACCESS_DENIED:
        words = "the server takes this user only as a guest";
        break;
    case NT_STATUS_NTLM_BLOCKED:
        words = "use Kerberos";
        break;
    case NT_STATUS_ACCOUNT_RESTRICTION:
        words =
            "it may have no password, or may not use NTLM, as Protected Users may not: use "
            "Kerberos";
        break;
    case NT_STATUS_NO_LOGON_SERVERS:
        words = "the server reaches no domain controller";
        break;
    default:
        if (status != ERROR_LOGON_FAILURE)
            words = "";
    }
    say_logon(failure, status, "%s", words);
    failure->refused =
        nt_status == NT_STATUS_LOGON_FAILURE || nt_status == NT_STATUS_WRONG_PASSWORD ||
        nt_status == NT_STATUS_NO_SUCH_USER || nt_status == NT_STATUS_ACCOUNT_LOCKED_OUT;
}

void explain_logon(struct frame_failure *failure, const struct frame_logon *logon,
                   uint32_t nt_status, int32_t kerberos_problem) {
    char principal[KERBEROS_NAME_LIMIT] = "", cache[KERBEROS_NAME_LIMIT] = "";
    if (!logon->kerberos) {
        explain_ntlm(failure, nt_status);
        return;
    }
    bool has_ticket = false;
    if (!logon->password[0])
        has_ticket = kerberos_tickets(cache, principal);
    else if (!kerberos_principal(logon, principal, failure))
        return;
    if (has_no_name(logon->host))
        say_logon(failure, ERROR_WRONG_TARGET_NAME,
                  "Kerberos has no tickets for an address or for localhost: name the server as the "
                  "domain does, by its full DNS name, or give a user name and a password for NTLM");
    else if (!logon->password[0] && !has_ticket)
        kerberos_say_no_ticket(failure, cache);
    else if (!explain_kerberos(failure, logon, kerberos_problem, principal, cache))
        say_logon(failure, win32_of(nt_status),
                  "the server does not take the Kerberos ticket of %.100s (%.80s)", principal,
                  nt_status_name(nt_status));
}
