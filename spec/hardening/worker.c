/* Takes a worker through its life and lets it end by itself. The module kills its workers, so what
 * one has not freed at its end would never be seen.
 *
 *     worker PROGRAM PORT...
 *
 * asks the servers on these ports of loopback, one after another, as the lab's auditor; after each
 * it is refused once for a wrong password. Prints what was done. */
#define _GNU_SOURCE

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/polled.h"
#include "smb/link.h"

static unsigned opened, refused, answered;

static void give_up(const char *what, const struct client *client) {
    fprintf(stderr, "worker: %s: %s: %s\n", what,
            client->failure.stage ? client->failure.stage : "?", client->failure.message);
    exit(EXIT_FAILURE);
}

static enum client_state finish(struct client *client) {
    struct pollfd polled;
    while (client_progress(client), client_is_busy(client))
        client_wait(&client, &polled, 1);
    return client->state;
}

static void ask(struct client *client, const struct srvsvc_call *call,
                const struct srvsvc_level *level) {
    const char *filters[SRVSVC_FILTERS_LIMIT] = {"projects", NULL};
    struct srvsvc_request request = {
        .call = call,
        .level = level,
        .server_name = {"\\\\127.0.0.1", 11},
        .preferred_maximum_length = 65536,
    };
    struct client_page page;
    if (call == srvsvc_find_call("connections"))
        request.filters[0] = (struct srvsvc_text){filters[0], strlen(filters[0])};
    client_call(client, &request, (size_t)64 << 20);
    if (finish(client) != CLIENT_ANSWERED || !client_take_page(client, &page))
        give_up(call->procedure, client);
    answered++;
    client_free_page(&page);
}

static void visit(struct client *client, const char *program, uint16_t port) {
    struct frame_target target = {
        .host = "127.0.0.1",
        .username = getenv("LAB_USERNAME"),
        .domain = "",
        .password = getenv("LAB_PASSWORD"),
        .timeout_milliseconds = 60000,
        .port = port,
    };
    if (!target.username || !target.password)
        give_up("this runs inside spec/lab/run", client);
    client_open(client, program, &target);
    if (finish(client) != CLIENT_READY)
        give_up("open", client);
    opened++;
    for (size_t i = 0; i < srvsvc_call_count; i++)
        for (size_t level = 0; level < srvsvc_calls[i].level_count; level++)
            ask(client, &srvsvc_calls[i], &srvsvc_calls[i].levels[level]);
    target.password = "wrong";
    client_open(client, program, &target);
    if (finish(client) != CLIENT_FAILED || client->pipe.descriptor < 0)
        give_up("a wrong password", client);
    refused++;
}

int main(int count, char **values) {
    struct client client = CLIENT_INITIAL;
    if (count < 3) {
        fprintf(stderr, "usage: worker PROGRAM PORT...\n");
        return EXIT_FAILURE;
    }
    for (int i = 2; i < count; i++)
        visit(&client, values[1], (uint16_t)strtol(values[i], NULL, 10));
    shutdown(client.pipe.descriptor, SHUT_WR);
    int status;
    while (waitpid(client.pipe.process, &status, 0) < 0 && errno == EINTR)
        continue;
    client_close(&client);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fprintf(stderr, "worker: it ended with status %#x\n", (unsigned)status);
        return EXIT_FAILURE;
    }
    printf("%u pipes opened, %u calls answered, %u logons refused\n", opened, answered, refused);
    return EXIT_SUCCESS;
}
