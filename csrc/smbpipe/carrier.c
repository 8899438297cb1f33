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
#include "smbpipe/interpose_clock.h"
#include "smbpipe/interpose_configuration.h"
#include "smbpipe/interpose_encryption.h"
#include "smbpipe/interpose_kerberos.h"
#include "smbpipe/interpose_logon.h"
#include "smbpipe/interpose_status.h"
#include "smbpipe/interpose_ticket.h"
#include "smbpipe/kerberos.h"
#include "smbpipe/logon_failure.h"
#include "smbpipe/nt_status.h"
#include "smbpipe/say_logon.h"

#define NAME_LIMIT 255
#define PASSWORD_LIMIT 1024
#define PLACE_LIMIT (3 * (NAME_LIMIT + NAME_LIMIT + KERBEROS_NAME_LIMIT) + FRAME_PIPE_LIMIT + 32)

struct carrier {
    SMBCCTX *keeper; /* without any context the library would forget its configuration */
    SMBCCTX *context;
    SMBCFILE *pipe;
    char place[PLACE_LIMIT]; /* the URL of its pipe, without the password */
    void (*at_stage)(enum frame_stage stage);
    smbc_add_cached_srv_fn add_cached_server;
    bool logged_on;
    bool has_ticket; /* of this process's identity, in the library's own cache, by its password */
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

/* They stand in the URL: this function has room for 255 bytes of a password and cuts the rest. */
static void give_credentials(SMBCCTX *context, const char *server, const char *share,
                             char *workgroup, int workgroup_size, char *username, int username_size,
                             char *password, int password_size) {
    (void)context, (void)server, (void)share;
    (void)workgroup, (void)workgroup_size, (void)username, (void)username_size;
    (void)password, (void)password_size;
}

/* The library calls this once it has logged on and is connected to IPC$. That is how an EACCES
 * before, a refused logon, is distinguished from one after, a refused pipe. */
static int note_logon(SMBCCTX *context, SMBCSRV *connection, const char *server, const char *share,
                      const char *workgroup, const char *username) {
    struct carrier *carrier = smbc_getOptionUserData(context);
    carrier->logged_on = true;
    carrier->at_stage(STAGE_PIPE);
    return carrier->add_cached_server(context, connection, server, share, workgroup, username);
}

static void say(struct frame_failure *failure, enum frame_stage stage, uint32_t status,
                const char *detail) {
    *failure = (struct frame_failure){.stage = stage, .status = status};
    snprintf(failure->detail, sizeof failure->detail, "%s", detail);
}

static bool resolve(const struct frame_logon *logon, struct frame_failure *failure) {
    struct addrinfo *addresses;
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    int error = getaddrinfo(logon->host, NULL, &hints, &addresses);
    if (error == 0) {
        freeaddrinfo(addresses);
        return true;
    }
    say(failure, STAGE_RESOLVE, ERROR_BAD_NETPATH,
        error == EAI_SYSTEM ? strerror(errno) : gai_strerror(error));
    return false;
}

/* Those of a logon's failures that are no word about the logon; 0 for all others. */
static uint32_t status_of_connection(uint32_t nt_status) {
    switch (nt_status) {
    case NT_STATUS_CONNECTION_DISCONNECTED:
    case NT_STATUS_CONNECTION_RESET:
    case NT_STATUS_CONNECTION_ABORTED:
    case NT_STATUS_LOCAL_DISCONNECT:
    case NT_STATUS_REMOTE_DISCONNECT:
    case NT_STATUS_PIPE_BROKEN:
        return ERROR_NETNAME_DELETED;
    case NT_STATUS_IO_TIMEOUT:
        return ERROR_SEM_TIMEOUT;
    case NT_STATUS_INVALID_NETWORK_RESPONSE:
        return ERROR_BAD_NET_RESP;
    default:
        return 0;
    }
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

/* Before the logon. */
static void explain_connect(int error, struct frame_failure *failure) {
    switch (nt_status_last()) {
    case NT_STATUS_INVALID_NETWORK_RESPONSE:
        say(failure, STAGE_CONNECT, ERROR_BAD_NET_RESP,
            "or the server refuses this computer, by its 'hosts allow' or 'hosts deny'");
        break;
    case NT_STATUS_ACCESS_DENIED:
    case NT_STATUS_INVALID_PARAMETER:
    case NT_STATUS_NOT_SUPPORTED:
    case NT_STATUS_REVISION_MISMATCH:
        say(failure, STAGE_CONNECT, ERROR_NOT_SUPPORTED,
            "no common SMB protocol, signing or encryption");
        break;
    default:
        say(failure, STAGE_CONNECT, status_of_errno(error), words_of_errno(error));
    }
}

/* After the logon. */
static void say_pipe(struct frame_failure *failure, int error) {
    uint32_t status = status_of_errno(error);
    if (error == ENOENT)
        status = ERROR_FILE_NOT_FOUND;
    else if (error == EINVAL)
        status = ERROR_BAD_NET_RESP;
    say(failure, STAGE_PIPE, status, status == ERROR_BAD_NET_RESP ? "" : words_of_errno(error));
}

static void explain_open(const struct carrier *carrier, const struct frame_logon *logon, int error,
                         struct frame_failure *failure) {
    if (carrier->logged_on) {
        say_pipe(failure, error);
    } else if (logon_failed() && status_of_connection(nt_status_last())) {
        say(failure, STAGE_LOGON, status_of_connection(nt_status_last()), "");
    } else if (logon_failed()) {
        explain_logon(failure, logon, nt_status_last(), kerberos_problem());
    } else if (logon_succeeded()) {
        say(failure, STAGE_PIPE, status_of_errno(error), "IPC$");
    } else {
        explain_connect(error, failure);
    }
}

static SMBCCTX *new_context(struct carrier *carrier, const struct frame_logon *logon) {
    SMBCCTX *context = smbc_new_context();
    if (!context)
        return NULL;
    smbc_setOptionUserData(context, carrier);
    smbc_setDebug(context, 0);
    smbc_setFunctionAuthDataWithContext(context, give_credentials);
    carrier->add_cached_server = smbc_getFunctionAddCachedServer(context);
    smbc_setFunctionAddCachedServer(context, note_logon);
    smbc_setOptionProtocols(context, "SMB2_02", NULL); /* whatever a smb.conf allows */
    smbc_setOptionNoAutoAnonymousLogin(context, 1);
    smbc_setOptionFallbackAfterKerberos(context, 0);
    smbc_setOptionUseCCache(context, 0); /* winbind's, which would log on as somebody else */
    if (logon) {
        smbc_setPort(context, logon->port);
        smbc_setTimeout(context, (int)logon->timeout_milliseconds);
        smbc_setOptionUseKerberos(context, logon->kerberos);
        smbc_setOptionUseNTHash(context, logon->nt_hash);
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
    configuration_keep();
    return carrier;
}

/* Closing a pipe, the library waits for the server's answer, which a silent one does not give; it
 * would be the next server that pays for it. So the connection is cut first. The library does not
 * recognise its socket, but there is no other to the network here. */
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

/* Each byte is escaped that could mean something in a URL: the colons of an IPv6 address would be
 * read as a port. Returns where the text ends. */
static char *escape(char *url, const char *text) {
    static const char digits[] = "0123456789ABCDEF";
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        *url++ = '%';
        *url++ = digits[byte >> 4];
        *url++ = digits[byte & 15];
    }
    return url;
}

static void write_url(char *url, const char *domain, const char *username, const char *password,
                      const char *host, const char *pipe) {
    url = stpcpy(url, "smb://");
    if (username[0]) {
        if (domain[0])
            url = stpcpy(escape(url, domain), ";");
        url = escape(url, username);
        if (password[0])
            url = escape(stpcpy(url, ":"), password);
        url = stpcpy(url, "@");
    }
    stpcpy(stpcpy(escape(url, host), "/IPC$/"), pipe);
}

static bool fits(const struct frame_logon *logon, struct frame_failure *failure) {
    if (strlen(logon->host) > NAME_LIMIT) {
        say(failure, STAGE_RESOLVE, ERROR_BAD_NETPATH, "a host name of more than 255 bytes");
        return false;
    }
    if (strlen(logon->username) <= NAME_LIMIT && strlen(logon->domain) <= NAME_LIMIT &&
        strlen(logon->password) <= PASSWORD_LIMIT)
        return true;
    say_logon(failure, ERROR_INVALID_PARAMETER, "a name or password that is too long");
    return false;
}

/* One logon. `password` is empty where a ticket is to be used. */
static bool log_on(struct carrier *carrier, const struct frame_logon *logon, const char *principal,
                   const char *password, struct frame_failure *failure) {
    char url[PLACE_LIMIT + 3 * PASSWORD_LIMIT];
    const char *domain = principal[0] ? "" : logon->domain;
    const char *username = principal[0] ? principal : logon->username;
    carrier->logged_on = false;
    logon_forget();
    encryption_forget();
    nt_status_forget();
    kerberos_problem_forget();
    carrier->context = new_context(carrier, logon);
    if (!carrier->context) {
        say(failure, STAGE_WORKER, ERROR_NOT_ENOUGH_MEMORY, "");
        return false;
    }
    write_url(url, domain, username, password, logon->host, logon->pipe);
    write_url(carrier->place, domain, username, "", logon->host, logon->pipe);
    carrier->pipe = smbc_getFunctionOpen(carrier->context)(carrier->context, url, O_RDWR, 0);
    int error = errno;
    explicit_bzero(url, sizeof url);
    if (carrier->pipe && (!logon->encrypt || encryption_is_on()))
        return true;
    if (carrier->pipe)
        say(failure, STAGE_LOGON, ERROR_NOT_SUPPORTED, "SMB encryption");
    else
        explain_open(carrier, logon, error, failure);
    if (failure->status == ERROR_SEM_TIMEOUT) /* as the module says it, which mostly is earlier */
        snprintf(failure->detail, sizeof failure->detail, "waited %g seconds",
                 logon->timeout_milliseconds / 1000.0);
    carrier_close(carrier);
    return false;
}

bool carrier_open(struct carrier *carrier, const struct frame_logon *logon,
                  void (*at_stage)(enum frame_stage stage), struct frame_failure *failure) {
    char principal[KERBEROS_NAME_LIMIT] = "";
    carrier_close(carrier);
    steady_clock_set();
    carrier->at_stage = at_stage;
    if (!fits(logon, failure))
        return false;
    at_stage(STAGE_RESOLVE);
    if (!resolve(logon, failure))
        return false;
    at_stage(STAGE_CONNECT);
    bool by_ticket = logon->kerberos && !logon->password[0];
    if (by_ticket && logon->ticket_cache[0])
        setenv("KRB5CCNAME", logon->ticket_cache, 1);
    else if (by_ticket)
        unsetenv("KRB5CCNAME");
    if (logon->kerberos && logon->username[0] &&
        (!kerberos_principal(logon, principal, failure) ||
         (by_ticket && !kerberos_choose_tickets(principal, failure))))
        return false;
    /* With a password the library gets a ticket into a cache in this process, which KRB5CCNAME then
     * names. It would begin that anew for each server. */
    if (carrier->has_ticket) {
        if (log_on(carrier, logon, principal, "", failure))
            return true;
        if (!is_about_an_old_ticket(kerberos_problem()))
            return false;
    }
    ticket_forget(carrier->has_ticket);
    bool done = log_on(carrier, logon, principal, logon->password, failure);
    bool is_old = !done && ticket_was_used() && is_about_an_old_ticket(kerberos_problem());
    ticket_forget(is_old);
    if (is_old)
        done = log_on(carrier, logon, principal, logon->password, failure);
    carrier->has_ticket = done && logon->kerberos && logon->password[0];
    return done;
}

bool carrier_open_pipe(struct carrier *carrier, const char *name, struct frame_failure *failure) {
    if (!carrier->pipe) {
        say(failure, STAGE_WORKER, ERROR_INVALID_PARAMETER, "no pipe is open");
        return false;
    }
    SMBCCTX *context = carrier->context;
    smbc_getFunctionClose(context)(context, carrier->pipe);
    stpcpy(strrchr(carrier->place, '/') + 1, name);
    logon_forbid(); /* what is here now of the credentials would not do */
    carrier->pipe = smbc_getFunctionOpen(context)(context, carrier->place, O_RDWR, 0);
    if (carrier->pipe)
        return true;
    say_pipe(failure, errno);
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
