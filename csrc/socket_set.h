/* The sockets of a libcurl multi handle, waited for with poll. No Lua.
 *
 * The sockets are polled here rather than by curl_multi_perform, which would touch every transfer
 * at every turn; so a turn costs what happened in it. */
#ifndef ROLLCALL_SOCKET_SET_H
#define ROLLCALL_SOCKET_SET_H

#include <curl/curl.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct socket_set {
    CURLM *multi;
    struct pollfd *polled; /* a free place has a descriptor of -1; the first is the alarm's */
    size_t polled_count;
    size_t polled_size;
    int64_t timer; /* when libcurl wants a turn */
};

/* False if there is no memory; to be closed in any case. It must not move in memory. */
bool socket_set_open(struct socket_set *set);

void socket_set_close(struct socket_set *set);

/* Waits until something happens at a socket, a timer of libcurl's is due, or `alarm` can be read,
 * which it then does; and lets libcurl do all that can be done without waiting. False if that is
 * impossible. */
bool socket_set_turn(struct socket_set *set, int alarm);

#endif
