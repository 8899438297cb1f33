#include "smb/frame.h"

#include <string.h>

#include "rpc/ndr.h"

void frame_write_header(uint8_t header[FRAME_HEADER_LENGTH], uint8_t kind, size_t payload_length) {
    struct ndr_writer writer = {header, FRAME_HEADER_LENGTH, 0};
    ndr_write_uint32(&writer, (uint32_t)payload_length);
    ndr_write_uint32(&writer, kind);
}

size_t frame_payload_length(const uint8_t header[FRAME_HEADER_LENGTH]) {
    return ndr_uint32_at(header);
}

size_t frame_read(const uint8_t *bytes, size_t length, struct frame *frame) {
    if (length < FRAME_HEADER_LENGTH)
        return 0;
    size_t payload_length = frame_payload_length(bytes);
    uint32_t kind = ndr_uint32_at(bytes + 4);
    if (payload_length > FRAME_PAYLOAD_LIMIT || kind > UINT8_MAX)
        return SIZE_MAX;
    if (length - FRAME_HEADER_LENGTH < payload_length)
        return 0;
    frame->kind = (uint8_t)kind;
    frame->payload = bytes + FRAME_HEADER_LENGTH;
    frame->length = payload_length;
    return FRAME_HEADER_LENGTH + payload_length;
}

/* A text goes with its terminator, so that the reader can point at it. */
static void write_text(struct ndr_writer *writer, const char *text) {
    ndr_write_bytes(writer, text, strlen(text) + 1);
}

static const char *read_text(const struct frame *frame, size_t *offset) {
    const char *text = (const char *)frame->payload + *offset;
    const char *end = memchr(text, 0, frame->length - *offset);
    if (!end)
        return NULL;
    *offset += (size_t)(end - text) + 1;
    return text;
}

/* It becomes a part of a URL as it stands. */
static const char *read_pipe(const struct frame *frame, size_t *offset) {
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    const char *name = read_text(frame, offset);
    if (!name || !name[0] || strlen(name) > FRAME_PIPE_LIMIT || name[strspn(name, allowed)])
        return NULL;
    return name;
}

static size_t written(const struct ndr_writer *writer) {
    return writer->offset <= writer->length ? writer->offset : 0;
}

size_t frame_write_logon(uint8_t *payload, size_t limit, const struct frame_logon *logon) {
    struct ndr_writer writer = {payload, limit, 0};
    const uint8_t flags[4] = {logon->encrypt, logon->kerberos, logon->nt_hash, 0};
    ndr_write_uint32(&writer, logon->timeout_milliseconds);
    ndr_write_uint32(&writer, logon->port);
    ndr_write_bytes(&writer, flags, sizeof flags);
    write_text(&writer, logon->host);
    write_text(&writer, logon->pipe);
    write_text(&writer, logon->username);
    write_text(&writer, logon->domain);
    write_text(&writer, logon->password);
    write_text(&writer, logon->ticket_cache ? logon->ticket_cache : "");
    return written(&writer);
}

bool frame_read_logon(const struct frame *frame, struct frame_logon *logon) {
    const uint8_t *payload = frame->payload;
    size_t offset = 12;
    if (frame->length < offset)
        return false;
    logon->timeout_milliseconds = ndr_uint32_at(payload);
    logon->port = ndr_uint16_at(payload + 4);
    logon->encrypt = payload[8];
    logon->kerberos = payload[9];
    logon->nt_hash = payload[10];
    return (logon->host = read_text(frame, &offset)) && (logon->pipe = read_pipe(frame, &offset)) &&
           (logon->username = read_text(frame, &offset)) &&
           (logon->domain = read_text(frame, &offset)) &&
           (logon->password = read_text(frame, &offset)) &&
           (logon->ticket_cache = read_text(frame, &offset)) && offset == frame->length;
}

size_t frame_write_pipe(uint8_t *payload, size_t limit, const char *name) {
    struct ndr_writer writer = {payload, limit, 0};
    write_text(&writer, name);
    return written(&writer);
}

bool frame_read_pipe(const struct frame *frame, const char **name) {
    size_t offset = 0;
    return (*name = read_pipe(frame, &offset)) && offset == frame->length;
}

/* Beside the stage of a failure. */
#define REFUSED ((uint32_t)1 << 16)

size_t frame_write_failure(uint8_t *payload, size_t limit, const struct frame_failure *failure) {
    struct ndr_writer writer = {payload, limit, 0};
    ndr_write_uint32(&writer, failure->stage | (failure->refused ? REFUSED : 0));
    ndr_write_uint32(&writer, failure->status);
    write_text(&writer, failure->detail);
    return written(&writer);
}

bool frame_read_failure(const struct frame *frame, struct frame_failure *failure) {
    size_t offset = 8;
    if (frame->length < offset)
        return false;
    uint32_t stage = ndr_uint32_at(frame->payload) & ~REFUSED;
    failure->refused = ndr_uint32_at(frame->payload) & REFUSED;
    failure->status = ndr_uint32_at(frame->payload + 4);
    const char *detail = read_text(frame, &offset);
    if (stage >= STAGE_COUNT || failure->status == 0 || !detail || offset != frame->length ||
        strlen(detail) >= sizeof failure->detail)
        return false;
    failure->stage = (enum frame_stage)stage;
    memcpy(failure->detail, detail, strlen(detail) + 1);
    return true;
}
