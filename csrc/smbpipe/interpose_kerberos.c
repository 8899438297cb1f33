/* Of the functions below the program's come first when their names are looked up.
 *
 * libsmbclient would hand a forwardable ticket-granting ticket to each server that the KDC trusts
 * for delegation, and no line of smb.conf forbids that: whoever has it is that user everywhere. And
 * of what Kerberos fails with, libsmbclient says little. */
#define _GNU_SOURCE

#include "smbpipe/interpose_kerberos.h"

#include <dlfcn.h>
#include <stddef.h>

#include "smbpipe/nt_status.h"

#define GSS_C_DELEG_FLAG 1U
#define GSS_C_DELEG_POLICY_FLAG 32768U
#define GSS_S_FAILURE (13U << 16)
#define GSS_S_UNAVAILABLE (16U << 16)

/* RFC 2744, 5.19: OM_uint32 has 32 bits, and all that is not one is a pointer. */
typedef uint32_t init_sec_context(uint32_t *minor, void *credential, void **context, void *name,
                                  void *mechanism, uint32_t flags, uint32_t seconds, void *bindings,
                                  void *input, void **actual, void *output, uint32_t *returned,
                                  uint32_t *valid);
typedef struct nt_status to_nt_status(int32_t problem);

static int32_t last;

void kerberos_problem_forget(void) {
    last = 0;
}

int32_t kerberos_problem(void) {
    return last;
}

__attribute__((visibility("default"))) init_sec_context gss_init_sec_context;
__attribute__((visibility("default"))) to_nt_status krb5_to_nt_status;

uint32_t gss_init_sec_context(uint32_t *minor, void *credential, void **context, void *name,
                              void *mechanism, uint32_t flags, uint32_t seconds, void *bindings,
                              void *input, void **actual, void *output, uint32_t *returned,
                              uint32_t *valid) {
    union {
        void *symbol;
        init_sec_context *function;
    } original = {dlsym(RTLD_NEXT, "gss_init_sec_context")};
    if (!original.symbol)
        return GSS_S_UNAVAILABLE;
    uint32_t major = original.function(minor, credential, context, name, mechanism,
                                       flags & ~(GSS_C_DELEG_FLAG | GSS_C_DELEG_POLICY_FLAG),
                                       seconds, bindings, input, actual, output, returned, valid);
    if (major == GSS_S_FAILURE)
        last = (int32_t)*minor;
    return major;
}

/* Called with what asking for a ticket by a password fails with. */
struct nt_status krb5_to_nt_status(int32_t problem) {
    union {
        void *symbol;
        to_nt_status *function;
    } original = {dlsym(RTLD_NEXT, "krb5_to_nt_status")};
    last = problem;
    return original.symbol ? original.function(problem)
                           : (struct nt_status){NT_STATUS_LOGON_FAILURE};
}
