/* The function below has the name of one in Samba's own libraries, which calls it as soon as a
 * session has its key; the program's comes first when the name is looked up. It does what the
 * original does, and then turns encryption on by the function that smbclient uses. Of the session
 * it knows the address and nothing else. Where a future Samba no longer has these two functions,
 * sessions are signed only, and encryption_is_on() says so. */
#define _GNU_SOURCE

#include "smbpipe/interpose_encryption.h"

#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "smbpipe/nt_status.h"

struct data_blob {
    uint8_t *data;
    size_t length;
};

typedef struct nt_status set_session_key(void *session, struct data_blob key,
                                         const struct iovec *answer);
typedef struct nt_status encryption_on(void *session);

static bool is_on;

void encryption_forget(void) {
    is_on = false;
}

bool encryption_is_on(void) {
    return is_on;
}

__attribute__((visibility("default"))) set_session_key smb2cli_session_set_session_key;

struct nt_status smb2cli_session_set_session_key(void *session, struct data_blob key,
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
        return (struct nt_status){NT_STATUS_PROCEDURE_NOT_FOUND};
    struct nt_status status = original.function(session, key, answer);
    if (status.value == NT_STATUS_OK && turn_on.symbol)
        is_on = turn_on.function(session).value == NT_STATUS_OK;
    return status;
}
