/* A stream of frames, as it comes to either side: however it is cut, the same frames come out, and
 * what they say can be written down again to the same bytes. */
#include "smb/frame.h"

#include <string.h>

#include "check.h"

static void check_target(const struct frame *frame) {
    struct frame_logon target;
    uint8_t space[FRAME_PAYLOAD_LIMIT];
    if (!frame_read_logon(frame, &target))
        return;
    CHECK(strlen(target.host) + strlen(target.pipe) + strlen(target.username) +
              strlen(target.domain) + strlen(target.password) + strlen(target.ticket_cache) + 6 +
              12 ==
          frame->length);
    CHECK(frame_write_logon(space, sizeof space, &target) == frame->length);
    CHECK(memcmp(space + 12, frame->payload + 12, frame->length - 12) == 0);
    CHECK(frame_write_logon(space, frame->length - 1, &target) == 0);
}

static void check_pipe(const struct frame *frame) {
    uint8_t space[FRAME_PIPE_LIMIT + 1];
    const char *name;
    if (!frame_read_pipe(frame, &name))
        return;
    CHECK(strlen(name) + 1 == frame->length && frame->length <= sizeof space);
    CHECK(frame_write_pipe(space, sizeof space, name) == frame->length);
    CHECK(frame_write_pipe(space, frame->length - 1, name) == 0);
}

static void check_failure(const struct frame *frame) {
    struct frame_failure failure;
    uint8_t space[FRAME_PAYLOAD_LIMIT];
    if (!frame_read_failure(frame, &failure))
        return;
    CHECK(failure.stage < STAGE_COUNT && memchr(failure.detail, 0, sizeof failure.detail));
    CHECK(frame_write_failure(space, sizeof space, &failure) == frame->length);
    CHECK(memcmp(space, frame->payload, frame->length) == 0);
    CHECK(frame_write_failure(space, frame->length - 1, &failure) == 0);
}

/* The frame at the start comes out when it is whole, and not before. */
static size_t check_frame(const uint8_t *bytes, size_t size) {
    struct frame frame, cut;
    size_t length = frame_read(bytes, size, &frame);
    if (length == 0 || length == SIZE_MAX)
        return length;
    CHECK(length <= size && length == FRAME_HEADER_LENGTH + frame.length);
    CHECK(frame.length <= FRAME_PAYLOAD_LIMIT && frame_payload_length(bytes) == frame.length);
    for (size_t part = 0; part < length; part += part < FRAME_HEADER_LENGTH ? 1 : 97)
        CHECK(frame_read(bytes, part, &cut) == 0);
    uint8_t header[FRAME_HEADER_LENGTH];
    frame_write_header(header, frame.kind, frame.length);
    CHECK(memcmp(header, bytes, sizeof header) == 0);
    /* A payload of its own, so that a byte read beyond it is noticed. */
    uint8_t *payload = check_copy(frame.payload, frame.length);
    frame.payload = payload;
    check_target(&frame);
    check_pipe(&frame);
    check_failure(&frame);
    free(payload);
    return length;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint8_t *bytes = check_copy(data, size);
    size_t length;
    for (size_t offset = 0; offset < size; offset += length) {
        length = check_frame(bytes + offset, size - offset);
        if (length == 0 || length == SIZE_MAX)
            break;
    }
    free(bytes);
    return 0;
}
