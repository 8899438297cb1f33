#include "rpc/win32_status.h"

#include <errno.h>
#include <stddef.h>

static const struct {
    uint32_t status;
    const char *name;
    const char *text;
} statuses[] = {
    {0, "NERR_Success", "success"},
    {2, "ERROR_FILE_NOT_FOUND", "no such pipe or file"},
    {5, "ERROR_ACCESS_DENIED", "access denied"},
    {8, "ERROR_NOT_ENOUGH_MEMORY", "not enough memory"},
    {13, "ERROR_INVALID_DATA", "invalid data"},
    {31, "ERROR_GEN_FAILURE", "the connection failed"},
    {50, "ERROR_NOT_SUPPORTED", "the server does not support this"},
    {53, "ERROR_BAD_NETPATH", "the server was not found"},
    {58, "ERROR_BAD_NET_RESP", "an answer that is damaged, or was changed on its way"},
    {64, "ERROR_NETNAME_DELETED", "the server closed the connection"},
    {65, "ERROR_NETWORK_ACCESS_DENIED", "network access denied"},
    {67, "ERROR_BAD_NET_NAME", "no such share"},
    {86, "ERROR_INVALID_PASSWORD", "wrong password"},
    {87, "ERROR_INVALID_PARAMETER", "an argument the server does not accept"},
    {121, "ERROR_SEM_TIMEOUT", "no answer in time"},
    {123, "ERROR_INVALID_NAME", "a name the server does not accept"},
    {124, "ERROR_INVALID_LEVEL", "the server does not know this level"},
    {234, "ERROR_MORE_DATA", "there is more"},
    {995, "ERROR_OPERATION_ABORTED", "the call was given up"},
    {1067, "ERROR_PROCESS_ABORTED", "the worker process ended"},
    {1219, "ERROR_SESSION_CREDENTIAL_CONFLICT", "other credentials are in use for this server"},
    {1225, "ERROR_CONNECTION_REFUSED", "connection refused"},
    {1231, "ERROR_NETWORK_UNREACHABLE", "network unreachable"},
    {1232, "ERROR_HOST_UNREACHABLE", "host unreachable"},
    {1311, "ERROR_NO_LOGON_SERVERS", "no domain controller answers about the logon"},
    {1326, "ERROR_LOGON_FAILURE", "logon refused"},
    {1327, "ERROR_ACCOUNT_RESTRICTION", "logon refused: the account is restricted"},
    {1328, "ERROR_INVALID_LOGON_HOURS", "logon refused: outside the account's hours"},
    {1329, "ERROR_INVALID_WORKSTATION", "logon refused: not from this computer"},
    {1330, "ERROR_PASSWORD_EXPIRED", "logon refused: the password has expired"},
    {1331, "ERROR_ACCOUNT_DISABLED", "logon refused: the account is disabled"},
    {1385, "ERROR_LOGON_TYPE_NOT_GRANTED", "logon refused: this kind of logon is not granted"},
    {1396, "ERROR_WRONG_TARGET_NAME", "logon refused: not the server's name"},
    {1398, "ERROR_TIME_SKEW", "logon refused: the clocks differ"},
    {1450, "ERROR_NO_SYSTEM_RESOURCES", "no descriptors or processes left"},
    {1722, "RPC_S_SERVER_UNAVAILABLE", "the server service is not available"},
    {1728, "RPC_S_PROTOCOL_ERROR", "malformed DCE/RPC"},
    {1783, "RPC_X_BAD_STUB_DATA", "malformed answer"},
    {1793, "ERROR_ACCOUNT_EXPIRED", "logon refused: the account has expired"},
    {1907, "ERROR_PASSWORD_MUST_CHANGE", "logon refused: the password must be changed first"},
    {1909, "ERROR_ACCOUNT_LOCKED_OUT", "logon refused: the account is locked"},
    {1937, "ERROR_NTLM_BLOCKED", "logon refused: NTLM is not allowed here"},
    {2114, "NERR_ServerNotStarted", "the server service is not started"},
    {2123, "NERR_BufTooSmall", "prefmaxlen is too small for one entry"},
    {2221, "NERR_UserNotFound", "no such user"},
    {2310, "NERR_NetNameNotFound", "no such share"},
    {2312, "NERR_ClientNameNotFound", "no session from that computer"},
    {2314, "NERR_FileIdNotFound", "no open file with that id"},
};

const char *status_name(uint32_t status) {
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (statuses[i].status == status)
            return statuses[i].name;
    return NULL;
}

const char *status_text(uint32_t status) {
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (statuses[i].status == status)
            return statuses[i].text;
    return NULL;
}

uint32_t status_of_errno(int error) {
    switch (error) {
    case EACCES:
    case EPERM:
        return ERROR_ACCESS_DENIED;
    case ECONNREFUSED:
        return ERROR_CONNECTION_REFUSED;
    case ETIMEDOUT:
        return ERROR_SEM_TIMEOUT;
    case ENETUNREACH:
    case ENETDOWN:
        return ERROR_NETWORK_UNREACHABLE;
    case EHOSTUNREACH:
        return ERROR_HOST_UNREACHABLE;
    case ECONNRESET:
    case ECONNABORTED:
    case ENETRESET:
    case ENOTCONN:
    case EPIPE:
        return ERROR_NETNAME_DELETED;
    case EMFILE:
    case ENFILE:
    case EAGAIN:
        return ERROR_NO_SYSTEM_RESOURCES;
    case ENOMEM:
        return ERROR_NOT_ENOUGH_MEMORY;
    default:
        return ERROR_GEN_FAILURE;
    }
}
