#define _GNU_SOURCE

#include "smbpipe/carrier.h"

#include <errno.h>
#include <fcntl.h>
#include <libsmbclient.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rpc/win32_status.h"
#include "smbpipe/encryption.h"
#include "smbpipe/steady_clock.h"

struct carrier {
    SMBCCTX *keeper; /* while one context lives, the library does not load everything anew */
    SMBCCTX *context;
    SMBCFILE *pipe;
    const struct frame_target *target; /* during an open */
    void (*at_stage)(enum frame_stage stage);
    smbc_add_cached_srv_fn add_cached_server;
    bool logged_on;
    char logon_problem[192];
};

/* What the library has no function for, laid over the system's smb.conf. A name is looked up as
 * every other program looks it up, not asked for by broadcast; and nothing is written to the
 * machine-wide name cache. */
static const char configuration[] =
    "[global]\n"
    "name resolve order = host\n"
    "lock directory = /dev/null\n";

static void configure(SMBCCTX *context) {
    int file = memfd_create("smb.conf", MFD_CLOEXEC);
    if (file < 0)
        return;
    char name[32];
    snprintf(name, sizeof name, "/proc/self/fd/%d", file);
    if (write(file, configuration, sizeof configuration - 1) == sizeof configuration - 1)
        smbc_setConfiguration(context, name);
    close(file);
}

static void give_credentials(SMBCCTX *context, const char *server, const char *share,
                             char *workgroup, int workgroup_size, char *username, int username_size,
                             char *password, int password_size) {
    (void)server;
    (void)share;
    const struct carrier *carrier = smbc_getOptionUserData(context);
    const struct frame_target *target = carrier->target;
    if (!target)
        return;
    if (target->domain[0])
        snprintf(workgroup, (size_t)workgroup_size, "%s", target->domain);
    if (target->username[0]) /* without a name the library would log on as nobody */
        snprintf(username, (size_t)username_size, "%s", target->username);
    snprintf(password, (size_t)password_size, "%s", target->password);
}

/* The library calls this once it has logged on and is connected to IPC$. That is how an EACCES
 * before, a refused logon, is told from one after, a refused pipe. */
static int note_logon(SMBCCTX *context, SMBCSRV *connection, const char *server, const char *share,
                      const char *workgroup, const char *username) {
    struct carrier *carrier = smbc_getOptionUserData(context);
    carrier->logged_on = true;
    carrier->at_stage(STAGE_PIPE);
    return carrier->add_cached_server(context, connection, server, share, workgroup, username);
}

/* errno says only that a logon was refused; the library's log says why. */
static void note_log(void *user_data, int level, const char *message) {
    static const char start[] = "SPNEGO login failed: ";
    struct carrier *carrier = user_data;
    (void)level;
    const char *found = strstr(message, start);
    if (found)
        snprintf(carrier->logon_problem, sizeof carrier->logon_problem, "%.*s",
                 (int)strcspn(found + sizeof start - 1, "\n"), found + sizeof start - 1);
}

/* Those that are no word of the server's about the logon come first. */
static uint32_t status_of_logon_problem(const char *problem) {
    static const struct {
        const char *words;
        uint32_t status;
    } known[] = {
        {"transport connection", ERROR_NETNAME_DELETED},
        {"Device Timeout", ERROR_SEM_TIMEOUT},
        {"network responded incorrectly", ERROR_BAD_NET_RESP},
        {"locked", 1909},
        {"currently disabled", 1331},
        {"password has expired", 1330},
        {"account has expired", 1793},
        {"must change", 1907},
        {"time restrictions", 1328},
        {"workstation", 1329},
        {"type of logon", 1385},
        {"restriction", 1327},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcasestr(problem, known[i].words))
            return known[i].status;
    return ERROR_LOGON_FAILURE;
}

static void say(struct frame_failure *failure, enum frame_stage stage, uint32_t status,
                const char *detail) {
    failure->stage = stage;
    failure->status = status;
    snprintf(failure->detail, sizeof failure->detail, "%s", detail);
}

static bool resolve(const struct frame_target *target, struct frame_failure *failure) {
    struct addrinfo *addresses;
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    int error = getaddrinfo(target->host, NULL, &hints, &addresses);
    if (error == 0) {
        freeaddrinfo(addresses);
        return true;
    }
    say(failure, STAGE_RESOLVE, ERROR_BAD_NETPATH,
        error == EAI_SYSTEM ? strerror(errno) : gai_strerror(error));
    return false;
}

/* What a status does not say by itself. */
static const char *words_of_errno(int error) {
    return error && status_of_errno(error) == ERROR_GEN_FAILURE ? strerror(error) : "";
}

/* The library has EACCES for an answer with a wrong signature, and EINVAL for one that cannot be
 * decrypted or makes no sense. A server refuses before: at the logon, or when the pipe is opened.
 */
static uint32_t status_of_transfer(int error) {
    return error == EACCES || error == EINVAL ? ERROR_BAD_NET_RESP : status_of_errno(error);
}

static void explain_open(const struct carrier *carrier, const struct frame_target *target,
                         int error, struct frame_failure *failure) {
    const char *problem = carrier->logon_problem;
    if (carrier->logged_on) {
        uint32_t status = error == ENOENT   ? ERROR_FILE_NOT_FOUND
                          : error == EINVAL ? ERROR_BAD_NET_RESP
                                            : status_of_errno(error);
        say(failure, STAGE_PIPE, status, status == ERROR_BAD_NET_RESP ? "" : words_of_errno(error));
    } else if (strstr(problem, "{Access Denied}")) {
        say(failure, STAGE_LOGON, ERROR_LOGON_FAILURE,
            target->kerberos ? "no usable Kerberos ticket"
                             : "the server takes this user only as a guest");
    } else if (problem[0]) {
        uint32_t status = status_of_logon_problem(problem);
        say(failure, STAGE_LOGON, status,
            strstr(problem, "bad username") ? "wrong user name or password"
            : status == ERROR_LOGON_FAILURE ? problem
                                            : "");
    } else if (error == EACCES || error == EPERM) {
        say(failure, STAGE_LOGON, ERROR_LOGON_FAILURE,
            target->kerberos ? "no usable Kerberos ticket" : "wrong user name or password");
    } else if (error == EINVAL) {
        say(failure, STAGE_CONNECT, ERROR_NOT_SUPPORTED,
            "no common SMB protocol, signing or encryption");
    } else {
        say(failure, STAGE_CONNECT, status_of_errno(error), words_of_errno(error));
    }
}

static SMBCCTX *new_context(struct carrier *carrier, const struct frame_target *target) {
    SMBCCTX *context = smbc_new_context();
    if (!context)
        return NULL;
    smbc_setOptionUserData(context, carrier);
    smbc_setLogCallback(context, carrier, note_log);
    smbc_setDebug(context, 3); /* the level of the one message that note_log looks for */
    smbc_setFunctionAuthDataWithContext(context, give_credentials);
    carrier->add_cached_server = smbc_getFunctionAddCachedServer(context);
    smbc_setFunctionAddCachedServer(context, note_logon);
    smbc_setOptionProtocols(context, "SMB2_02", NULL); /* whatever a smb.conf allows */
    smbc_setOptionNoAutoAnonymousLogin(context, 1);
    smbc_setOptionFallbackAfterKerberos(context, 0);
    smbc_setOptionUseCCache(context, 0); /* winbind's, which would log on as somebody else */
    if (target) {
        smbc_setPort(context, target->port);
        smbc_setTimeout(context, (int)target->timeout_milliseconds);
        smbc_setOptionUseKerberos(context, target->kerberos);
        smbc_setOptionUseNTHash(context, target->nt_hash);
        /* This demands a signed session, so that nobody in between can change an answer, and a
         * server cannot take us for a guest, who has no key to sign with. */
        smbc_setOptionSmbEncryptionLevel(context, SMBC_ENCRYPTLEVEL_REQUEST);
    }
    if (smbc_init_context(context))
        return context;
    smbc_free_context(context, 1);
    return NULL;
}

struct carrier *carrier_new(void) {
    struct carrier *carrier = calloc(1, sizeof *carrier);
    if (!carrier)
        return NULL;
    steady_clock_set();
    carrier->keeper = new_context(carrier, NULL);
    if (!carrier->keeper) {
        free(carrier);
        return NULL;
    }
    configure(carrier->keeper);
    return carrier;
}

/* Closing a pipe, the library waits for the server's answer, which a silent one does not give; it
 * would be the next server that pays for it. So the connection is cut first. The library does not
 * tell its socket, but there is no other to the network here. */
static void hang_up(void) {
    const int limit = 256; /* this process opens few, and they are the lowest */
    for (int descriptor = STDERR_FILENO + 1; descriptor < limit; descriptor++) {
        int domain = AF_UNSPEC;
        socklen_t size = sizeof domain;
        if (getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 &&
            (domain == AF_INET || domain == AF_INET6))
            shutdown(descriptor, SHUT_RDWR);
    }
}

void carrier_close(struct carrier *carrier) {
    if (carrier->context)
        hang_up();
    if (carrier->pipe)
        smbc_getFunctionClose(carrier->context)(carrier->context, carrier->pipe);
    if (carrier->context)
        smbc_free_context(carrier->context, 1);
    carrier->pipe = NULL;
    carrier->context = NULL;
}

/* The host goes into the URL with every byte escaped that could mean something there: the colons
 * of an IPv6 address would be read as a port. */
static void write_url(char *url, const char *host) {
    static const char digits[] = "0123456789ABCDEF";
    static const char pipe[] = "/IPC$/srvsvc";
    url = stpcpy(url, "smb://");
    for (; *host; host++) {
        unsigned char byte = (unsigned char)*host;
        *url++ = '%';
        *url++ = digits[byte >> 4];
        *url++ = digits[byte & 15];
    }
    memcpy(url, pipe, sizeof pipe);
}

bool carrier_open(struct carrier *carrier, const struct frame_target *target,
                  void (*at_stage)(enum frame_stage stage), struct frame_failure *failure) {
    char url[3 * 256 + 32];
    carrier_close(carrier);
    steady_clock_set();
    carrier->logged_on = false;
    carrier->logon_problem[0] = '\0';
    carrier->at_stage = at_stage;
    if (strlen(target->host) > 255) {
        say(failure, STAGE_RESOLVE, ERROR_BAD_NETPATH, "a host name of more than 255 bytes");
        return false;
    }
    at_stage(STAGE_RESOLVE);
    if (!resolve(target, failure))
        return false;
    at_stage(STAGE_CONNECT);
    carrier->context = new_context(carrier, target);
    if (!carrier->context) {
        say(failure, STAGE_WORKER, ERROR_NOT_ENOUGH_MEMORY, "");
        return false;
    }
    encryption_forget();
    write_url(url, target->host);
    carrier->target = target;
    carrier->pipe = smbc_getFunctionOpen(carrier->context)(carrier->context, url, O_RDWR, 0);
    int error = errno;
    carrier->target = NULL;
    if (carrier->pipe && (!target->encrypt || encryption_is_on()))
        return true;
    if (carrier->pipe)
        say(failure, STAGE_LOGON, ERROR_NOT_SUPPORTED, "SMB encryption");
    else
        explain_open(carrier, target, error, failure);
    carrier_close(carrier);
    return false;
}

static void say_transfer(struct frame_failure *failure, int error) {
    uint32_t status = status_of_transfer(error);
    say(failure, STAGE_CALL, status, status == ERROR_BAD_NET_RESP ? "" : words_of_errno(error));
}

/* After a failed or short transfer nobody knows where in a PDU the pipe is. */
static bool finish(struct carrier *carrier, ssize_t done, size_t length,
                   struct frame_failure *failure) {
    if (done >= 0 && (size_t)done == length)
        return true;
    if (done < 0)
        say_transfer(failure, errno);
    else
        say(failure, STAGE_CALL, ERROR_NETNAME_DELETED, "the pipe ended in the middle of a PDU");
    carrier_close(carrier);
    return false;
}

bool carrier_write(struct carrier *carrier, const uint8_t *bytes, size_t length,
                   struct frame_failure *failure) {
    if (!carrier->pipe) {
        say(failure, STAGE_WORKER, ERROR_INVALID_PARAMETER, "no pipe is open");
        return false;
    }
    ssize_t done =
        smbc_getFunctionWrite(carrier->context)(carrier->context, carrier->pipe, bytes, length);
    return finish(carrier, done, length, failure);
}

bool carrier_read(struct carrier *carrier, uint8_t *bytes, size_t length,
                  struct frame_failure *failure) {
    ssize_t done = length == 0 ? 0
                               : smbc_getFunctionRead(carrier->context)(
                                     carrier->context, carrier->pipe, bytes, length);
    return finish(carrier, done, length, failure);
}
