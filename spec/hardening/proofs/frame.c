/* Any bytes as a frame, and as what its payload may be; any texts into a payload of any room. */
#include "proof.h"

#include "rpc/ndr.c"

/* Of the name of a pipe: how much of it is made of what is allowed there. */
static size_t span(const char *text, const char *allowed) {
    int differ = strcmp(allowed, "abcdefghijklmnopqrstuvwxyz0123456789");
    //@ assert differ == 0;
    const uint8_t *at = (const uint8_t *)text;
    while ((*at >= 'a' && *at <= 'z') || (*at >= '0' && *at <= '9'))
        at++;
    return *at < 128 ? at - (const uint8_t *)text : at - (const uint8_t *)text; /* cases apart */
}

#define strspn span
#include "smb/frame.c"

static uint8_t space[BOUND + 1];

static void read_frame(size_t length) {
    struct frame frame;
    uint8_t *bytes = space + sizeof space - length;
    unknown(space, sizeof space);
    turns = 0;
    size_t taken = frame_read(bytes, length, &frame);
    if (taken == 0 || taken == SIZE_MAX)
        return;
    //@ assert taken <= length && frame.payload == bytes + FRAME_HEADER_LENGTH;
    //@ assert frame.length <= length - FRAME_HEADER_LENGTH && frame.length <= FRAME_PAYLOAD_LIMIT;
}

static void check_pipe(const char *name) {
    size_t length = strlen(name);
    //@ assert 0 < length <= FRAME_PIPE_LIMIT;
    for (size_t i = 0; i < length; i++) {
        char at = name[i];
        //@ assert 'a' <= at <= 'z' || '0' <= at <= '9';
    }
}

static void read_pipe_name(const uint8_t *payload, size_t length) {
    const char *name;
    const struct frame frame = {FRAME_PIPE, payload, length};
    turns = 0;
    if (frame_read_pipe(&frame, &name)) {
        size_t text = strlen(name);
        //@ assert (const uint8_t *)name == payload && text + 1 == length;
        check_pipe(name);
    }
    //@ assert turns <= 200;
}

/* What strlen finds of a text that was read lies within the payload. */
static void read_logon(size_t length) {
    struct frame_logon logon;
    unknown(space, sizeof space);
    const struct frame frame = {FRAME_LOGON, space + sizeof space - length, length};
    turns = 0;
    if (frame_read_logon(&frame, &logon)) {
        size_t texts = strlen(logon.host) + strlen(logon.pipe) + strlen(logon.username) +
                       strlen(logon.domain) + strlen(logon.password) + strlen(logon.ticket_cache);
        //@ assert 12 + texts + 6 == length;
        check_pipe(logon.pipe);
    }
    //@ assert turns <= 200;
}

static void read_failure(size_t length) {
    struct frame_failure failure;
    unknown(space, sizeof space);
    const struct frame frame = {FRAME_FAILED, space + sizeof space - length, length};
    turns = 0;
    if (frame_read_failure(&frame, &failure)) {
        size_t text = strlen(failure.detail);
        //@ assert 8 + text + 1 == length && text < sizeof(failure.detail);
        //@ assert failure.stage < STAGE_COUNT && failure.status != 0;
    }
    //@ assert turns <= 4 * BOUND;
}

static const char *any_text(char *text, size_t length) {
    unknown(text, length);
    text[length] = 0;
    return text;
}

static void write_payloads(size_t length, size_t limit) {
    char host[3], password[3];
    uint8_t written[24];
    struct frame_logon logon = {any_text(host, length),
                                "p",
                                "",
                                "d",
                                any_text(password, length),
                                NULL,
                                7,
                                445,
                                true,
                                false,
                                false};
    uint8_t *payload = written + sizeof written - limit;
    turns = 0;
    size_t logon_length = frame_write_logon(payload, limit, &logon);
    //@ assert logon_length <= limit;
    size_t pipe_length = frame_write_pipe(payload, limit, logon.host);
    //@ assert pipe_length <= limit;
    struct frame_failure failure = {STAGE_CALL, 5, {0}, true};
    any_text(failure.detail, length);
    size_t failure_length = frame_write_failure(payload, limit, &failure);
    //@ assert failure_length <= limit && turns <= 24;
    uint8_t header[FRAME_HEADER_LENGTH];
    frame_write_header(header, FRAME_LOGON, limit);
    size_t announced = frame_payload_length(header);
    //@ assert announced == limit;
}

int main(void) {
#ifdef READ
    for (size_t length = 0; length <= BOUND; length++)
        read_frame(length);
    for (size_t length = 0; length <= BOUND; length++)
        read_logon(length);
    for (size_t length = 0; length <= BOUND; length++)
        read_failure(length);
#elif defined(PIPE)
    for (size_t length = 0; length <= BOUND; length++) {
        unknown(space, sizeof space);
        read_pipe_name(space + sizeof space - length, length);
    }
#elif defined(LONG_PIPE)
    for (size_t length = FRAME_PIPE_LIMIT - 1; length <= BOUND; length++) {
        for (size_t i = 0; i < length; i++)
            space[i] = (uint8_t)Frama_C_char_interval('a', 'z');
        space[length] = 0;
        read_pipe_name(space, length + 1);
    }
#elif defined(LONG)
    for (size_t length = BOUND - 4; length <= BOUND; length++)
        read_failure(length);
#else
    for (size_t length = 0; length <= 2; length++)
        for (size_t limit = 0; limit <= 24; limit++)
            write_payloads(length, limit);
#endif
    return 0;
}
