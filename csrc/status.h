/* NET_API_STATUS: the Win32 and NERR status codes a caller of the enumerations meets, and what
 * an errno of the carrier is among them. */
#ifndef ROLLCALL_STATUS_H
#define ROLLCALL_STATUS_H

#include <stdint.h>

enum {
    NERR_SUCCESS = 0,
    ERROR_FILE_NOT_FOUND = 2,
    ERROR_ACCESS_DENIED = 5,
    ERROR_NOT_ENOUGH_MEMORY = 8,
    ERROR_INVALID_DATA = 13,
    ERROR_GEN_FAILURE = 31,
    ERROR_NOT_SUPPORTED = 50,
    ERROR_BAD_NETPATH = 53,
    ERROR_BAD_NET_RESP = 58,
    ERROR_NETNAME_DELETED = 64,
    ERROR_INVALID_PASSWORD = 86,
    ERROR_INVALID_PARAMETER = 87,
    ERROR_BAD_NET_NAME = 67,
    ERROR_SEM_TIMEOUT = 121,
    ERROR_INVALID_LEVEL = 124,
    ERROR_MORE_DATA = 234,
    ERROR_OPERATION_ABORTED = 995,
    ERROR_PROCESS_ABORTED = 1067,
    ERROR_SESSION_CREDENTIAL_CONFLICT = 1219,
    ERROR_CONNECTION_REFUSED = 1225,
    ERROR_NETWORK_UNREACHABLE = 1231,
    ERROR_HOST_UNREACHABLE = 1232,
    ERROR_LOGON_FAILURE = 1326,
    ERROR_ACCOUNT_RESTRICTION = 1327,
    ERROR_INVALID_LOGON_HOURS = 1328,
    ERROR_INVALID_WORKSTATION = 1329,
    ERROR_PASSWORD_EXPIRED = 1330,
    ERROR_ACCOUNT_DISABLED = 1331,
    ERROR_LOGON_TYPE_NOT_GRANTED = 1385,
    ERROR_NO_SYSTEM_RESOURCES = 1450,
    RPC_S_SERVER_UNAVAILABLE = 1722,
    RPC_S_PROTOCOL_ERROR = 1728,
    RPC_X_BAD_STUB_DATA = 1783,
    ERROR_ACCOUNT_EXPIRED = 1793,
    ERROR_PASSWORD_MUST_CHANGE = 1907,
    ERROR_ACCOUNT_LOCKED_OUT = 1909,
};

/* The symbol of a status in Microsoft's headers, or NULL. */
const char *status_name(uint32_t status);

/* What a status means, in a few words, or NULL. */
const char *status_text(uint32_t status);

/* The status that Windows gives where POSIX gives `error`. */
uint32_t status_of_errno(int error);

#endif
