/* The floor: what libsmbclient and the server take for one NetrConnectionEnum, with nothing of ours
 * in between but the bytes of the request. Prints milliseconds for the call and for all of it.
 *
 *     bare PORT USERNAME QUALIFIER REPETITIONS      the password is in LAB_PASSWORD */
#define _GNU_SOURCE
#include <fcntl.h>
#include <libsmbclient.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "rpc/dcerpc.h"
#include "rpc/interfaces.h"
#include "rpc/srvsvc.h"

static const char *username, *password;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static void give(SMBCCTX *context, const char *server, const char *share, char *group,
                 int group_size, char *user, int user_size, char *word, int word_size) {
    (void)context, (void)server, (void)share, (void)group, (void)group_size;
    snprintf(user, (size_t)user_size, "%s", username);
    snprintf(word, (size_t)word_size, "%s", password);
}

static void fail(const char *what) {
    perror(what);
    exit(EXIT_FAILURE);
}

/* Reads the fragments of one answer and returns how many bytes they had. */
static size_t drain(SMBCCTX *context, SMBCFILE *pipe) {
    static uint8_t pdu[65536];
    size_t total = 0;
    struct dcerpc_header header;
    do {
        if (smbc_getFunctionRead(context)(context, pipe, pdu, 16) != 16 ||
            dcerpc_read_header(pdu, 16, &header))
            fail("header");
        size_t rest = header.fragment_length - 16U;
        if (smbc_getFunctionRead(context)(context, pipe, pdu + 16, rest) != (ssize_t)rest)
            fail("fragment");
        total += header.fragment_length;
    } while (!(header.flags & DCERPC_LAST_FRAGMENT));
    return total;
}

int main(int argc, char **argv) {
    if (argc != 5)
        return EXIT_FAILURE;
    double start = now();
    username = argv[2];
    password = getenv("LAB_PASSWORD");
    SMBCCTX *context = smbc_new_context();
    smbc_setFunctionAuthDataWithContext(context, give);
    smbc_setPort(context, (uint16_t)atoi(argv[1]));
    smbc_setOptionSmbEncryptionLevel(context, SMBC_ENCRYPTLEVEL_REQUEST);
    if (!smbc_init_context(context))
        fail("context");
    SMBCFILE *pipe =
        smbc_getFunctionOpen(context)(context, "smb://127.0.0.1/IPC$/srvsvc", O_RDWR, 0);
    if (!pipe)
        fail("open");
    uint8_t bind[DCERPC_BIND_LENGTH], stub[4096], pdu[DCERPC_FRAGMENT_LIMIT];
    dcerpc_write_bind(bind, 1, &srvsvc.syntax);
    smbc_getFunctionWrite(context)(context, pipe, bind, sizeof bind);
    drain(context, pipe);

    const struct net_enum_call *call = interfaces_find_call("connections");
    const struct net_enum_request request = {
        .call = call,
        .level = net_enum_find_level(call, 1),
        .server_name = {"\\\\127.0.0.1", 11},
        .filters = {{argv[3], strlen(argv[3])}},
        .preferred_maximum_length = 65536,
    };
    size_t stub_length = net_enum_write_request(&request, stub, sizeof stub), length;
    double best = 1e9;
    for (int i = 0; i < atoi(argv[4]); i++) {
        double before = now();
        dcerpc_write_request(pdu, sizeof pdu, 2, call->opnum, stub, stub_length, 0, &length);
        smbc_getFunctionWrite(context)(context, pipe, pdu, length);
        drain(context, pipe);
        if (now() - before < best)
            best = now() - before;
    }
    printf("%.3f %.3f\n", best, now() - start);
    return EXIT_SUCCESS;
}
