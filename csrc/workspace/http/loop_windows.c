/* libcurl's own waiting: Windows has more kinds of it than one, and their faults are libcurl's to
 * know. */
#include <errno.h>
#include <stdlib.h>

#include "workspace/http/loop_system.h"
/* after winsock2.h, which libcurl's headers bring */
#include <windows.h>

/* Nothing wakes a thread that waits here when Ctrl-C is pressed, so the caller gets a turn so
 * often. */
#define LONGEST_WAIT_MILLISECONDS 250

struct loop_system {
    CURLM *multi;
};

/* A look-up that was left behind returns into this library, which stays until the process ends. */
static void stay(void) {
    static const wchar_t inside[] = L"";
    HMODULE module;
    GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_PIN,
                       inside, &module);
}

int loop_system_new(struct loop_system **made) {
    struct loop_system *system = calloc(1, sizeof *system);
    if (!system)
        return ENOMEM;
    stay();
    system->multi = curl_multi_init();
    if (!system->multi) {
        free(system);
        return ENOMEM;
    }
    *made = system;
    return 0;
}

void loop_system_free(struct loop_system *system) {
    if (!system)
        return;
    curl_multi_cleanup(system->multi);
    free(system);
}

CURLM *loop_system_multi(const struct loop_system *system) {
    return system->multi;
}

int loop_system_descriptor(const struct loop_system *system) {
    (void)system;
    return -1;
}

int loop_system_watched(struct loop_system *system, bool watched) {
    (void)system;
    (void)watched;
    return 0;
}

enum transfer_loop_turn loop_system_wait(struct loop_system *system, int64_t milliseconds) {
    int happened;
    bool shortened = milliseconds < 0 || milliseconds > LONGEST_WAIT_MILLISECONDS;
    int wait = shortened ? LONGEST_WAIT_MILLISECONDS : (int)milliseconds;
    if (curl_multi_poll(system->multi, NULL, 0, wait, &happened) != CURLM_OK)
        return TURN_IMPOSSIBLE;
    return shortened && happened == 0 ? TURN_INTERRUPTED : TURN_TAKEN;
}

bool loop_system_act(struct loop_system *system) {
    int running;
    return curl_multi_perform(system->multi, &running) == CURLM_OK;
}

void loop_system_quietly(void (*work)(void *with), void *with) {
    work(with);
}

static int on_socket(void *context, curl_socket_t socket, curlsocktype purpose) {
    (void)context;
    (void)purpose;
    SetHandleInformation((HANDLE)(uintptr_t)socket, HANDLE_FLAG_INHERIT, 0);
    return CURL_SOCKOPT_OK;
}

bool loop_system_keep_sockets(CURL *easy) {
    return curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_socket) == CURLE_OK;
}
