/* The function below has the name of one in Samba's own libraries, which libsmbclient calls when it
 * has agreed on a protocol with a server and sends who wants to log on; the program's comes first
 * when the name is looked up. */
#define _GNU_SOURCE

#include "smbpipe/interpose_logon.h"

#include <dlfcn.h>
#include <stddef.h>

#include "smbpipe/nt_status.h"

typedef struct nt_status session_setup(void *connection, void *credentials);

static void (*before_logon)(void);
static bool ended, forbidden;
static struct nt_status result;

void interpose_logon(void (*before)(void)) {
    before_logon = before;
}

void logon_forget(void) {
    ended = forbidden = false;
}

void logon_forbid(void) {
    forbidden = true;
}

bool logon_succeeded(void) {
    return ended && result.value == NT_STATUS_OK;
}

bool logon_failed(void) {
    return ended && result.value != NT_STATUS_OK;
}

__attribute__((visibility("default"))) session_setup cli_session_setup_creds;

struct nt_status cli_session_setup_creds(void *connection, void *credentials) {
    /* POSIX has dlsym return what is an object or a function; ISO C has no such pointer. */
    union {
        void *symbol;
        session_setup *function;
    } original = {dlsym(RTLD_NEXT, "cli_session_setup_creds")};
    if (!original.symbol)
        return (struct nt_status){NT_STATUS_PROCEDURE_NOT_FOUND};
    if (forbidden)
        return (struct nt_status){NT_STATUS_CONNECTION_DISCONNECTED};
    if (before_logon)
        before_logon();
    result = original.function(connection, credentials);
    ended = true;
    return result;
}
