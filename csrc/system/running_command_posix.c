#define _GNU_SOURCE

#include "system/running_command.h"

#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/poller.h"
#include "base/spawn.h"
#include "binding/metatable.h"

#define METATABLE "rollcall.running_command"
#define CHUNK 65536
#define COMPLAINT_SIZE 512

struct running_command {
    pid_t process; /* 0: none, or none any more */
    int output;    /* -1 once it has ended, as is `complaints` */
    int complaints;
    struct poller poller;
    int64_t began;
    size_t complaint_length;
    char complaint[COMPLAINT_SIZE]; /* the beginning of what it wrote to standard error */
};

static void close_one(struct running_command *command, int *descriptor) {
    if (*descriptor < 0)
        return;
    poller_set(&command->poller, *descriptor, 0, NULL);
    close(*descriptor);
    *descriptor = -1;
}

/* Its number, and that of its group, are its own for as long as nobody has waited for it: a host
 * that reaps every child may have.
 */
static bool is_ours(pid_t process, siginfo_t *info) {
    int result;
    info->si_pid = 0;
    do
        result = waitid(P_PID, (id_t)process, info, WEXITED | WNOHANG | WNOWAIT);
    while (result < 0 && errno == EINTR);
    return result == 0;
}

static void close_command(struct running_command *command) {
    siginfo_t info;
    pid_t process = command->process;
    command->process = 0;
    close_one(command, &command->output);
    close_one(command, &command->complaints);
    poller_close(&command->poller);
    if (process == 0 || !is_ours(process, &info))
        return;
    kill(-process, SIGKILL);
    kill(process, SIGKILL);
    while (waitpid(process, NULL, 0) < 0 && errno == EINTR)
        continue;
}

static struct running_command *check_command(lua_State *L) {
    return luaL_checkudata(L, 1, METATABLE);
}

static bool is_no_secret(const char *variable) {
    static const char *const names[] = {
        "ROLLCALL_PASSWORD=", "ROLLCALL_TOKEN=", "HUAWEICLOUD_SDK_"};
    return !spawn_is_among(variable, names, sizeof names / sizeof *names);
}

/* Returns 0, or an errno with nothing open. */
static int open_pipe(int ends[2]) {
    return pipe2(ends, O_CLOEXEC) == 0 ? spawn_out_of_streams(ends) : errno;
}

/* Without a terminal to ask at, a program that wants a password fails instead of waiting for one.
 */
#ifdef POSIX_SPAWN_SETSID
#define OWN_GROUP POSIX_SPAWN_SETSID
#else
#define OWN_GROUP POSIX_SPAWN_SETPGROUP
#endif

static int start_shell(pid_t *process, const char *text, int output, int complaints) {
    char shell[] = "sh", option[] = "-c";
    char *line = strdup(text);
    if (!line)
        return ENOMEM;
    char *const arguments[] = {shell, option, line, NULL};
    const struct spawn spawn = {
        .program = "/bin/sh",
        .arguments = arguments,
        .is_passed_on = is_no_secret,
        .streams = {-1, output, complaints},
        .flags = OWN_GROUP,
    };
    int error = spawn_start(&spawn, process);
    free(line);
    return error;
}

/* Returns 0 or an errno; what is open then, the handle holds. */
static int start(struct running_command *command, const char *text) {
    int output[2], complaints[2];
    int error = poller_open(&command->poller);
    if (!error)
        error = open_pipe(output);
    if (error)
        return error;
    command->output = output[0];
    error = open_pipe(complaints);
    if (!error) {
        command->complaints = complaints[0];
        error = start_shell(&command->process, text, output[1], complaints[1]);
        close(complaints[1]);
    }
    close(output[1]);
    if (!error && (fcntl(output[0], F_SETFL, O_NONBLOCK) < 0 ||
                   fcntl(complaints[0], F_SETFL, O_NONBLOCK) < 0))
        error = errno;
    if (!error)
        error = poller_set(&command->poller, output[0], POLLER_READ, NULL);
    if (!error)
        error = poller_set(&command->poller, complaints[0], POLLER_READ, NULL);
    return error;
}

int running_command_start(lua_State *L) {
    const char *text = luaL_checkstring(L, 1);
    struct running_command *command = lua_newuserdatauv(L, sizeof *command, 0);
    *command = (struct running_command){
        .output = -1, .complaints = -1, .poller = POLLER_CLOSED, .began = clock_now()};
    luaL_setmetatable(L, METATABLE);
    int error = start(command, text);
    if (!error)
        return 1;
    close_command(command);
    lua_pushnil(L);
    lua_pushstring(L, strerror(error));
    return 2;
}

/* -1 with errno EAGAIN: nothing yet. */
static ssize_t read_some(int descriptor, char *bytes, size_t size) {
    ssize_t got;
    do
        got = read(descriptor, bytes, size);
    while (got < 0 && errno == EINTR);
    return got;
}

/* Takes what there is of its complaints, so that it can go on; no more at a time than a pipe holds.
 */
static void hear_complaints(struct running_command *command) {
    char bytes[4096];
    for (int i = 0; command->complaints >= 0 && i < CHUNK / (int)sizeof bytes; i++) {
        ssize_t got = read_some(command->complaints, bytes, sizeof bytes);
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return;
        if (got <= 0) {
            close_one(command, &command->complaints);
            return;
        }
        size_t room = COMPLAINT_SIZE - command->complaint_length;
        size_t kept = (size_t)got < room ? (size_t)got : room;
        memcpy(command->complaint + command->complaint_length, bytes, kept);
        command->complaint_length += kept;
    }
}

static int command_read(lua_State *L) {
    struct running_command *command = check_command(L);
    hear_complaints(command);
    if (command->output < 0)
        return 0;
    luaL_Buffer buffer;
    char *bytes = luaL_buffinitsize(L, &buffer, CHUNK);
    ssize_t got = read_some(command->output, bytes, CHUNK);
    if (got > 0) {
        luaL_pushresultsize(&buffer, (size_t)got);
        return 1;
    }
    bool waits = got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    if (waits)
        lua_pushboolean(L, false);
    else
        close_one(command, &command->output);
    return waits ? 1 : 0;
}

static int command_result(lua_State *L) {
    struct running_command *command = check_command(L);
    siginfo_t info;
    hear_complaints(command);
    bool ours = command->process != 0 && is_ours(command->process, &info);
    if (ours && info.si_pid == 0)
        return 0;
    lua_pushstring(L, !ours ? "unknown" : info.si_code == CLD_EXITED ? "exit code" : "signal");
    lua_pushinteger(L, ours ? info.si_status : 0);
    lua_pushlstring(L, command->complaint, command->complaint_length);
    return 3;
}

static int command_seconds(lua_State *L) {
    lua_pushnumber(L, (lua_Number)(clock_now() - check_command(L)->began) / 1000);
    return 1;
}

static int command_descriptor(lua_State *L) {
    struct running_command *command = check_command(L);
    luaL_argcheck(L, command->poller.descriptor >= 0, 1, "is closed");
    lua_pushinteger(L, command->poller.descriptor);
    return 1;
}

static int command_close(lua_State *L) {
    close_command(check_command(L));
    return 0;
}

void running_command_register(lua_State *L) {
    static const luaL_Reg metamethods[] = {
        {"__gc", command_close}, {"__close", command_close}, {NULL, NULL}};
    static const luaL_Reg methods[] = {
        {"read", command_read},       {"result", command_result},
        {"seconds", command_seconds}, {"descriptor", command_descriptor},
        {"close", command_close},     {NULL, NULL},
    };
    metatable_register(L, METATABLE, metamethods, methods);
}
