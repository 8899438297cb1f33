/* The frames between the module and its worker program, as both sides write and read them.
 *
 * A frame is a header (length of the payload, little-endian; kind; three zero bytes) and a
 * payload. The module sends a logon, or another pipe's name, and waits for OPEN or FAILED, and
 * answers with GO_AHEAD if a STAGE_LOGON comes before; a TICKET may come after that. Then it sends
 * the PDUs of a request and waits for the PDUs of the answer or FAILED. It sends nothing while it
 * waits. */
#ifndef ROLLCALL_FRAME_H
#define ROLLCALL_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_HEADER_LENGTH 8
#define FRAME_PAYLOAD_LIMIT 65535 /* a DCE/RPC fragment is never longer */
#define FRAME_PIPE_LIMIT 31

enum frame_kind {
    FRAME_LOGON = 'T', /* to the worker: open a pipe of a server, as somebody */
    FRAME_PIPE = 'N',  /* to the worker: open another pipe instead, over the same logon; its name */
    FRAME_GO_AHEAD = 'L', /* to the worker, which says that it is at STAGE_LOGON: log on; with a
                           * ticket that came from a worker, or with nothing */
    FRAME_TICKET = 'K',   /* to the module: what the password got, for workers of the same logon */
    FRAME_PDU = 'P',      /* both ways: one DCE/RPC PDU */
    FRAME_STAGE = 'S',    /* to the module: what the worker is at, one byte of enum frame_stage */
    FRAME_OPEN = 'O',     /* to the module: the pipe is open */
    FRAME_FAILED = 'F',   /* to the module: what failed; the pipe is closed */
};

enum frame_stage {
    STAGE_WORKER, /* the worker itself: starting it, or the frames between the two */
    STAGE_RESOLVE,
    STAGE_CONNECT,
    STAGE_LOGON,
    STAGE_PIPE,
    STAGE_CALL,
    STAGE_COUNT,
};

struct frame {
    uint8_t kind;
    const uint8_t *payload;
    size_t length;
};

struct frame_logon {
    const char *host;
    const char *pipe; /* its name: at most FRAME_PIPE_LIMIT letters and digits */
    const char *username;
    const char *domain;
    const char *password;     /* the NT hash as 32 hexadecimal digits if `nt_hash` */
    const char *ticket_cache; /* the caller's KRB5CCNAME; NULL or empty: the default cache */
    uint32_t timeout_milliseconds;
    uint16_t port;
    bool encrypt; /* or fail; otherwise encrypted if the server can */
    bool kerberos;
    bool nt_hash;
};

/* A ticket-granting ticket of Kerberos, in a form that workers alone read, and as secret as the
 * password that it was had by. */
struct frame_ticket {
    const uint8_t *bytes;
    size_t length; /* 0: none */
};

struct frame_failure {
    enum frame_stage stage;
    uint32_t status;
    char detail[256]; /* in words, from the system or from libsmbclient */
    bool refused;     /* the user name or the password, which who locks accounts counts */
};

void frame_write_header(uint8_t header[FRAME_HEADER_LENGTH], uint8_t kind, size_t payload_length);

/* The length that a header announces; not checked against FRAME_PAYLOAD_LIMIT. */
size_t frame_payload_length(const uint8_t header[FRAME_HEADER_LENGTH]);

/* Looks for a whole frame at the start of `bytes`. Returns its length; 0 if more bytes are
 * needed; SIZE_MAX if this is no frame. */
size_t frame_read(const uint8_t *bytes, size_t length, struct frame *frame);

/* The payloads. The writers return the payload's length, or 0 if `limit` is too small. The
 * readers' texts point into the payload. */
size_t frame_write_logon(uint8_t *payload, size_t limit, const struct frame_logon *logon);
bool frame_read_logon(const struct frame *frame, struct frame_logon *logon);
size_t frame_write_pipe(uint8_t *payload, size_t limit, const char *name);
bool frame_read_pipe(const struct frame *frame, const char **name);
size_t frame_write_failure(uint8_t *payload, size_t limit, const struct frame_failure *failure);
bool frame_read_failure(const struct frame *frame, struct frame_failure *failure);

#endif
