#define _GNU_SOURCE

#include "service.h"

#include <lauxlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "check.h"
#include "workspace/http/transfer.h"

#define LONGEST_HEADER 256

/* One request is under way for each transfer that was started, and they are answered in turn. */
struct transfer_loop {
    unsigned references;
    struct transfer_queue waiting;
};

static char *bytes;
static size_t length, position;
static int64_t now = 1000000;
static unsigned asked;
static long answered;
static char header_line[LONGEST_HEADER];

int service_answer_with(lua_State *L) {
    const char *text = luaL_checklstring(L, 1, &length);
    free(bytes);
    bytes = (char *)check_copy((const uint8_t *)text, length);
    position = 0;
    asked = 0;
    answered = 0;
    return 0;
}

int service_was_asked(lua_State *L) {
    lua_pushinteger(L, asked);
    lua_pushinteger(L, answered);
    return 2;
}

int64_t clock_now(void) {
    return now;
}

int transfer_loop_new(struct transfer_loop **made, transfer_loop_finished *finished) {
    (void)finished;
    *made = calloc(1, sizeof **made);
    CHECK(*made);
    (*made)->references = 1;
    return 0;
}

/* Given to the loop, which calls it never. */
void transfer_finish(void *context, CURLcode result) {
    (void)context;
    (void)result;
}

struct transfer_loop *transfer_loop_retain(struct transfer_loop *loop) {
    loop->references++;
    return loop;
}

void transfer_loop_release(struct transfer_loop *loop) {
    if (!loop)
        return;
    CHECK(loop->references > 0);
    if (--loop->references == 0)
        free(loop);
}

void transfer_loop_keep(struct transfer_loop *loop, long connections) {
    CHECK(loop->references > 0 && connections > 0);
}

/* Whether the next answer is this word, which then is no answer. */
static bool next_is(const char *word) {
    size_t size = strlen(word);
    if (position >= length || strnlen(bytes + position, length - position) != size ||
        memcmp(bytes + position, word, size) != 0)
        return false;
    position += size + 1;
    return true;
}

bool transfer_open(struct transfer *transfer, struct transfer_loop *loop,
                   struct transfer_queue *finished, const struct transfer_settings *settings) {
    if (next_is("no transfer"))
        return false;
    transfer->easy = curl_easy_init();
    CHECK(transfer->easy);
    transfer->loop = transfer_loop_retain(loop);
    transfer->finished = finished;
    transfer->body_limit = settings->body_limit;
    return true;
}

static void append(struct transfer_queue *queue, struct transfer *transfer) {
    transfer->next = NULL;
    if (queue->last)
        queue->last->next = transfer;
    else
        queue->first = transfer;
    queue->last = transfer;
}

static struct transfer *take(struct transfer_queue *queue) {
    struct transfer *transfer = queue->first;
    if (transfer) {
        queue->first = transfer->next;
        if (!queue->first)
            queue->last = NULL;
    }
    return transfer;
}

static void take_out(struct transfer_queue *queue, const struct transfer *transfer) {
    struct transfer_queue kept = {NULL, NULL, queue->watch};
    struct transfer *each;
    while ((each = take(queue)) != NULL)
        if (each != transfer)
            append(&kept, each);
    *queue = kept;
}

bool transfer_start(struct transfer *transfer, const char *request_target,
                    struct curl_slist *headers, const char *body) {
    CHECK(request_target[0] == '/' && headers && (!body || body[0] == '{'));
    CHECK(transfer->state == TRANSFER_IDLE);
    if (next_is("no request"))
        return false;
    if (strstr(request_target, "/session/logoff"))
        asked++;
    transfer->body_length = 0;
    transfer->too_large = false;
    transfer->problem[0] = '\0';
    transfer->state = TRANSFER_RUNNING;
    append(&transfer->loop->waiting, transfer);
    return true;
}

static void finish(struct transfer *transfer, CURLcode result) {
    CHECK(transfer->state == TRANSFER_RUNNING);
    transfer->state = TRANSFER_FINISHED;
    transfer->result = result;
    append(transfer->finished, transfer);
}

void transfer_give_up(struct transfer *transfer) {
    if (transfer->state != TRANSFER_RUNNING)
        return;
    take_out(&transfer->loop->waiting, transfer);
    finish(transfer, CURLE_OPERATION_TIMEDOUT);
}

struct transfer *transfer_take(struct transfer_queue *queue) {
    struct transfer *transfer = take(queue);
    if (transfer) {
        CHECK(transfer->state == TRANSFER_FINISHED);
        transfer->state = TRANSFER_IDLE;
    }
    return transfer;
}

void transfer_close(struct transfer *transfer) {
    if (transfer->state == TRANSFER_RUNNING)
        take_out(&transfer->loop->waiting, transfer);
    else if (transfer->state == TRANSFER_FINISHED)
        take_out(transfer->finished, transfer);
    curl_easy_cleanup(transfer->easy);
    transfer_loop_release(transfer->loop);
    free(transfer->body);
    *transfer = (struct transfer){0};
}

/* The head lies before the body in the same memory: `body_size` counts both. */
static const char *head_of(const struct transfer *transfer, size_t *head_length) {
    *head_length = transfer->body_size - transfer->body_length;
    return transfer->body + transfer->body_length;
}

static void answer(struct transfer *transfer) {
    if (position >= length) {
        finish(transfer, CURLE_COULDNT_CONNECT);
        return;
    }
    const char *start = bytes + position;
    size_t size = strnlen(start, length - position);
    position += size + 1;
    const char *blank = memmem(start, size, "\r\n\r\n", 4);
    size_t head = blank ? (size_t)(blank - start) + 4 : 0;
    if (size - head > transfer->body_limit) {
        transfer->too_large = true;
        finish(transfer, CURLE_WRITE_ERROR);
        return;
    }
    free(transfer->body);
    transfer->body = (char *)check_copy((const uint8_t *)start, size);
    transfer->body_length = size - head;
    transfer->body_size = size;
    memcpy(transfer->body, start + head, size - head);
    memcpy(transfer->body + size - head, start, head);
    answered = transfer_status(transfer);
    finish(transfer, head ? CURLE_OK : CURLE_PARTIAL_FILE);
}

long transfer_status(const struct transfer *transfer) {
    size_t head_length;
    const char *head = head_of(transfer, &head_length);
    const char *blank = head_length > 0 ? memchr(head, ' ', head_length) : NULL;
    long status = 0;
    for (int i = 1; blank && i <= 3 && blank + i < head + head_length; i++)
        status = blank[i] >= '0' && blank[i] <= '9' ? 10 * status + blank[i] - '0' : status;
    return status;
}

const char *transfer_header(const struct transfer *transfer, const char *name) {
    size_t head_length;
    const char *line = head_of(transfer, &head_length);
    const char *end = line + head_length;
    while (line < end) {
        const char *next = memmem(line, (size_t)(end - line), "\r\n", 2);
        size_t line_length = (size_t)((next ? next : end) - line);
        size_t name_length = strlen(name);
        if (line_length > name_length + 2 && strncasecmp(line, name, name_length) == 0 &&
            line[name_length] == ':' && line_length < LONGEST_HEADER) {
            memcpy(header_line, line + name_length + 2, line_length - name_length - 2);
            header_line[line_length - name_length - 2] = '\0';
            return header_line;
        }
        line += line_length + 2;
    }
    return NULL;
}

void transfer_trim(struct transfer *transfer) {
    free(transfer->body);
    transfer->body = NULL;
    transfer->body_length = transfer->body_size = 0;
}

int transfer_loop_open_watch(struct transfer_loop *loop, struct watch *watch) {
    CHECK(loop->references > 0);
    *watch = (struct watch)WATCH_CLOSED;
    return 0;
}

void transfer_loop_close_watch(struct transfer_loop *loop, struct watch *watch) {
    CHECK(loop->references > 0 && watch);
}

void transfer_loop_begin_wait(struct transfer_loop *loop, struct watch *watch) {
    CHECK(loop->references > 0 && watch);
}

void transfer_loop_leave(struct transfer_loop *loop, struct watch *watch) {
    CHECK(loop->references > 0 && watch);
}

enum transfer_loop_turn transfer_loop_run(struct transfer_loop *loop, struct watch *watch,
                                          int64_t milliseconds) {
    (void)watch;
    if (next_is("interrupt"))
        return TURN_INTERRUPTED;
    if (next_is("impossible"))
        return TURN_IMPOSSIBLE;
    struct transfer *transfer = next_is("") ? NULL : take(&loop->waiting);
    if (transfer)
        answer(transfer);
    else
        now += milliseconds > 0 ? milliseconds : 1;
    now++;
    return TURN_TAKEN;
}
