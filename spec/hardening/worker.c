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

#include "base/clock.h"
#include "rpc/interfaces.h"
#include "rpc/srvsvc.h"
/* for a look at its worker */
#include "smb/link_worker.c"

static unsigned opened, refused, answered;

static void give_up(const char *what, const struct link *link) {
    fprintf(stderr, "worker: %s: %s: %s\n", what,
            link->common.failure.stage ? link->common.failure.stage : "?",
            link->common.failure.message);
    exit(EXIT_FAILURE);
}

static enum link_state finish(struct link *link, struct poller *poller) {
    enum link_state state;
    while (state = link_progress(link, poller, clock_now()), link_is_busy(link))
        if (state == LINK_ASKING)
            link_log_on(link, (struct frame_ticket){NULL, 0}, clock_now());
        else
            link_wait(&link, 1, poller, link_deadline(link) - clock_now());
    return state;
}

static void ask(struct link *link, struct poller *poller, const struct net_enum_call *call,
                const struct net_enum_level *level) {
    const char *filters[NET_ENUM_FILTERS_LIMIT] = {"projects", NULL};
    struct net_enum_request request = {
        .call = call,
        .level = level,
        .server_name = {"\\\\127.0.0.1", 11},
        .preferred_maximum_length = 65536,
    };
    struct link_page page;
    if (call == interfaces_find_call("connections"))
        request.filters[0] = (struct net_enum_text){filters[0], strlen(filters[0])};
    link_call(link, &request, (size_t)64 << 20, clock_now());
    if (finish(link, poller) != LINK_ANSWERED || !link_take_page(link, &page))
        give_up(call->procedure, link);
    answered++;
    link_free_page(&page);
}

static void visit(struct link *link, struct poller *poller, const char *program, uint16_t port) {
    struct frame_logon target = {
        .host = "127.0.0.1",
        .username = getenv("LAB_USERNAME"),
        .domain = "",
        .password = getenv("LAB_PASSWORD"),
        .timeout_milliseconds = 60000,
        .port = port,
    };
    if (!target.username || !target.password)
        give_up("this runs inside spec/lab/run", link);
    link_take(link, poller, poller);
    link_open(link, program, &target, &srvsvc, clock_now());
    if (finish(link, poller) != LINK_READY)
        give_up("open", link);
    opened++;
    for (size_t i = 0; i < srvsvc.call_count; i++)
        for (size_t level = 0; level < srvsvc.calls[i].level_count; level++)
            ask(link, poller, &srvsvc.calls[i], &srvsvc.calls[i].levels[level]);
    target.password = "wrong";
    link_take(link, poller, poller);
    link_open(link, program, &target, &srvsvc, clock_now());
    if (finish(link, poller) != LINK_FAILED || !link_is_warm(link))
        give_up("a wrong password", link);
    refused++;
}

int main(int count, char **values) {
    struct poller poller;
    if (count < 3) {
        fprintf(stderr, "usage: worker PROGRAM PORT...\n");
        return EXIT_FAILURE;
    }
    struct link *link = link_new(NULL);
    if (!link || poller_open(&poller) != 0) {
        perror("worker");
        return EXIT_FAILURE;
    }
    for (int i = 2; i < count; i++)
        visit(link, &poller, values[1], (uint16_t)strtol(values[i], NULL, 10));
    shutdown(link->worker.descriptor, SHUT_WR);
    int status;
    while (waitpid(link->worker.process, &status, 0) < 0 && errno == EINTR)
        continue;
    link_release(link);
    poller_close(&poller);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fprintf(stderr, "worker: it ended with status %#x\n", (unsigned)status);
        return EXIT_FAILURE;
    }
    printf("%u pipes opened, %u calls answered, %u logons refused\n", opened, answered, refused);
    return EXIT_SUCCESS;
}
