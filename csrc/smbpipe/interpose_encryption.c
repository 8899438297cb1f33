/* The function below has the name of one in Samba's own libraries, which calls it as soon as a
 * session has its key; the program's comes first when the name is looked up. It does what the
 * original does, and then turns encryption on by the function that smbclient uses. Of the session
 * it knows the address and nothing else. Where a future Samba no longer has these two functions,
 * sessions are signed only, and encryption_is_on() says so. */
#define _GNU_SOURCE

#include "smbpipe/encryption.h"

#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct data_blob {
    uint8_t *data;
    size_t length;
};

typedef uint32_t set_session_key(void *session, struct data_blob key, const struct iovec *answer);
typedef uint32_t encryption_on(void *session);

#define NT_STATUS_OK 0U
#define NT_STATUS_PROCEDURE_NOT_FOUND 0xC000007AU

static bool is_on;

void encryption_forget(void) {
    is_on = false;
}

bool encryption_is_on(void) {
    return is_on;
}

__attribute__((visibility("default"))) set_session_key smb2cli_session_set_session_key;

uint32_t smb2cli_session_set_session_key(void *session, struct data_blob key,
                                         const struct iovec *answer) {
    /* POSIX has dlsym return what is an object or a function; ISO C has no such pointer. */
    union {
        void *symbol;
        set_session_key *function;
    } original = {dlsym(RTLD_NEXT, "smb2cli_session_set_session_key")};
    union {
        void *symbol;
        encryption_on *function;
    } turn_on = {dlsym(RTLD_DEFAULT, "smb2cli_session_encryption_on")};
    if (!original.symbol)
        return NT_STATUS_PROCEDURE_NOT_FOUND;
    uint32_t status = original.function(session, key, answer);
    if (status == NT_STATUS_OK && turn_on.symbol)
        is_on = turn_on.function(session) == NT_STATUS_OK;
    return status;
}
