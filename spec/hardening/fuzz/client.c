/* The module's side of a worker: everything that client.c and pipe.c make of what comes out of the
 * socket. The first byte chooses the level, how the stream is cut, and a mishap; the rest is the
 * stream. The client answers each step at once, ends in a state that it should, and can be opened
 * again. */
#include "base/polled.h"
#include "smb/link.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "rpc/win32_status.h"

#define LEVELS 15
#define ANSWER_LIMIT 100000
#define NO_PROGRAM "/nonexistent/smbpipe"

enum mishap { NONE, NO_TIME, NO_NAME, TOO_LONG };

static const struct srvsvc_level *choose_level(unsigned number, const struct srvsvc_call **call) {
    for (;;)
        for (size_t i = 0; i < srvsvc_call_count; i++) {
            *call = &srvsvc_calls[i];
            for (size_t level = 0; level < (*call)->level_count; level++)
                if (number-- == 0)
                    return &(*call)->levels[level];
        }
}

static void check_failed(const struct client *client) {
    const struct link_failure *failure = &client->failure;
    CHECK(failure->stage && failure->name && failure->code != 0);
    CHECK(memchr(failure->message, 0, sizeof failure->message) && failure->message[0]);
}

/* Does what the enumeration does after each step. False if this server is done with. */
static bool follow(struct client *client, const struct srvsvc_request *request) {
    struct client_page page;
    switch (client->state) {
    case CLIENT_READY:
        client_call(client, request, ANSWER_LIMIT);
        return true;
    case CLIENT_ANSWERED:
        CHECK(client->answer.length <= ANSWER_LIMIT);
        if (client_take_page(client, &page))
            client_free_page(&page);
        else
            check_failed(client);
        return client->state != CLIENT_FAILED;
    case CLIENT_FAILED:
        check_failed(client);
        return false;
    default:
        CHECK(client_is_busy(client));
        return true;
    }
}

/* What the client sends must be heard, or it would wait for room. */
static void hear(int worker) {
    uint8_t heard[65536];
    while (recv(worker, heard, sizeof heard, MSG_DONTWAIT) > 0)
        continue;
}

/* Gives the client a worker that is nobody: this process, which is not its own child. */
static int give_worker(struct client *client) {
    int sockets[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) == 0);
    CHECK(fcntl(sockets[0], F_SETFL, O_NONBLOCK) == 0);
    client->pipe.descriptor = sockets[0];
    client->pipe.process = getpid();
    client->pipe.in = malloc(FRAME_HEADER_LENGTH + FRAME_PAYLOAD_LIMIT);
    CHECK(client->pipe.in);
    return sockets[1];
}

static void run(struct client *client, int worker, const struct srvsvc_request *request,
                const uint8_t *data, size_t size, size_t most) {
    struct pollfd polled;
    bool going = true;
    for (size_t offset = 0; going && offset < size;) {
        size_t piece = size - offset < most ? size - offset : most;
        ssize_t sent = send(worker, data + offset, piece, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent > 0)
            offset += (size_t)sent;
        enum client_state before;
        do {
            before = client->state;
            client_progress(client);
            going = follow(client, request);
            hear(worker);
        } while (going && client->state != before);
    }
    shutdown(worker, SHUT_RDWR);
    while (going) {
        if (client_is_busy(client))
            client_wait(&client, &polled, 1);
        client_progress(client);
        going = follow(client, request);
    }
    CHECK(client->state == CLIENT_FAILED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    static char long_name[5000];
    struct client client = CLIENT_INITIAL;
    enum mishap mishap = (enum mishap)(data[0] / (4 * LEVELS) % 4);
    struct frame_target target = {.host = "fs1", .username = "u", .domain = "", .password = "p"};
    target.timeout_milliseconds = mishap == NO_TIME ? 0 : 60000;
    memset(long_name, 'x', sizeof long_name - 1);
    const struct srvsvc_call *call;
    const struct srvsvc_level *level = choose_level(data[0] % LEVELS, &call);
    struct srvsvc_request request = {.call = call, .level = level, .server_name = {"\\\\fs1", 5}};
    if (call->filter_count > 0)
        request.filters[0] = (struct srvsvc_text){mishap == NO_NAME ? "\xFF" : "projects", 1};
    static const size_t pieces[] = {60000, 1000, 100, 9};
    int worker = give_worker(&client);
    if (mishap == TOO_LONG) {
        target.password = long_name;
        client_open(&client, NO_PROGRAM, &target);
        CHECK(client.state == CLIENT_FAILED && client.pipe.descriptor < 0);
        close(worker);
        target.password = "p";
        worker = give_worker(&client);
        client_open(&client, NO_PROGRAM, &target);
        client_open(&client, NO_PROGRAM, &target); /* nobody waits for the first any more */
        CHECK(client.state == CLIENT_FAILED);
        close(worker);
        worker = give_worker(&client);
    }
    client_open(&client, NO_PROGRAM, &target);
    run(&client, worker, &request, data + 1, size - 1, pieces[data[0] / LEVELS % 4]);
    if (client.pipe.descriptor < 0) {
        client_open(&client, NO_PROGRAM, &target);
        CHECK(client.state == CLIENT_FAILED && client.failure.code == status_of_errno(2));
    }
    client_close(&client);
    client_close(&client);
    CHECK(client.pipe.descriptor == -1 && !client.pipe.in && !client.answer.stub);
    close(worker);
    return 0;
}
