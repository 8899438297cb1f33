/* A host of several Lua states, each with a scenario of states.lua under way:
 *
 *     states alternate|threads|eager SCRIPT ROUNDS
 *
 * alternate  two states in one thread take turns; one is closed in the middle, at every step in
 * turn threads    two threads, a state in each, closed with their queries in flight eager      one
 * state whose allocator first refuses whatever is asked for, so that Lua collects all garbage at
 * every allocation
 *
 * Afterwards no descriptor more than before is open and no process is left. Prints what was done.
 */
#define _GNU_SOURCE

#include <dirent.h>
#include <errno.h>
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static const char *script;

struct tally {
    unsigned long states;
    unsigned long steps;
    unsigned long collections;
    bool eager;
    bool refused; /* the allocation before */
};

static void fail(const char *what, const char *why) {
    fprintf(stderr, "states: %s: %s\n", what, why);
    exit(EXIT_FAILURE);
}

/* The buffers of lauxlib do not ask again. What they ask for is no object, which would have its
 * kind in place of the old size, and is more than they have room for themselves. */
static bool asks_once(const void *block, size_t old_size, size_t new_size) {
    return new_size > LUAL_BUFFERSIZE && (block || old_size == 0);
}

/* Refuses each allocation once. Lua then collects everything and asks again. */
static void *allocate(void *opaque, void *block, size_t old_size, size_t new_size) {
    struct tally *tally = opaque;
    if (new_size == 0) {
        free(block);
        return NULL;
    }
    bool grows = !block || new_size > old_size;
    if (tally->eager && grows && !tally->refused && !asks_once(block, old_size, new_size)) {
        tally->refused = true;
        tally->collections++;
        return NULL;
    }
    tally->refused = false;
    return realloc(block, new_size);
}

/* [-0, +1, -] A state with the function of a scenario at the top of its stack. */
static lua_State *begin(struct tally *tally, int scenario) {
    bool eager = tally->eager;
    tally->eager = false; /* opening the libraries is not what is tried here */
    lua_State *L = lua_newstate(allocate, tally);
    if (!L)
        fail(script, "no memory");
    luaL_openlibs(L);
    if (luaL_loadfile(L, script) != LUA_OK)
        fail(script, lua_tostring(L, -1));
    lua_pushinteger(L, scenario);
    tally->eager = eager;
    if (lua_pcall(L, 1, 1, 0) != LUA_OK)
        fail(script, lua_tostring(L, -1));
    tally->states++;
    return L;
}

/* [-0, +0, -] One step; false after the last. */
static bool step(lua_State *L, struct tally *tally) {
    lua_pushvalue(L, -1);
    if (lua_pcall(L, 0, 1, 0) != LUA_OK)
        fail("a step", luaL_tolstring(L, -1, NULL));
    bool more = lua_toboolean(L, -1);
    lua_pop(L, 1);
    tally->steps += more;
    return more;
}

static int scenarios(void) {
    struct tally tally = {0};
    lua_State *L = begin(&tally, 0);
    int count = (int)lua_tointeger(L, -1);
    lua_close(L);
    return count;
}

/* Both go on, one step each; the first is closed after `steps`, the second goes on to its end. */
static void alternate(struct tally *tally, int first, int second, int steps) {
    struct tally own[2] = {{0}, {0}};
    lua_State *one = begin(&own[0], first);
    lua_State *other = begin(&own[1], second);
    bool goes_on[2] = {true, true};
    for (int i = 0; i < steps; i++) {
        goes_on[0] = goes_on[0] && step(one, &own[0]);
        goes_on[1] = goes_on[1] && step(other, &own[1]);
    }
    lua_close(one);
    while (goes_on[1] && step(other, &own[1]))
        continue;
    lua_close(other);
    for (size_t i = 0; i < 2; i++) {
        tally->states += own[i].states;
        tally->steps += own[i].steps;
    }
}

struct worker {
    struct tally tally;
    int rounds;
    int count;
    unsigned seed;
};

static void *work(void *opaque) {
    struct worker *worker = opaque;
    for (int round = 0; round < worker->rounds; round++) {
        lua_State *L = begin(&worker->tally, 1 + round % worker->count);
        int steps = (int)(rand_r(&worker->seed) % 12);
        for (int i = 0; i < steps && step(L, &worker->tally); i++)
            continue;
        lua_close(L);
    }
    return NULL;
}

static void in_threads(struct tally *tally, int count, int rounds) {
    struct worker workers[2] = {{.rounds = rounds, .count = count, .seed = 1},
                                {.rounds = rounds, .count = count, .seed = 2}};
    pthread_t threads[2];
    for (size_t i = 0; i < 2; i++)
        if (pthread_create(&threads[i], NULL, work, &workers[i]) != 0)
            fail("threads", strerror(errno));
    for (size_t i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        tally->states += workers[i].tally.states;
        tally->steps += workers[i].tally.steps;
    }
}

static void eagerly(struct tally *tally, int count) {
    for (int scenario = 1; scenario <= count; scenario++) {
        tally->eager = true;
        lua_State *L = begin(tally, scenario);
        while (step(L, tally))
            continue;
        lua_close(L);
    }
}

static int open_descriptors(void) {
    int count = 0;
    DIR *folder = opendir("/proc/self/fd");
    if (!folder)
        fail("/proc/self/fd", strerror(errno));
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

int main(int count, char **arguments) {
    if (count != 4)
        fail("usage", "states alternate|threads|eager SCRIPT ROUNDS");
    const char *mode = arguments[1];
    struct tally tally = {0};
    script = arguments[2];
    int rounds = atoi(arguments[3]);
    int all = scenarios();
    alternate(&tally, 1, 2, 1); /* what libraries open once and keep */
    tally = (struct tally){0};
    int before = open_descriptors();
    if (strcmp(mode, "alternate") == 0) {
        for (int round = 0; round < rounds; round++)
            for (int first = 1; first <= all; first++)
                alternate(&tally, first, 1 + (first + round) % all, 1 + round);
    } else if (strcmp(mode, "threads") == 0) {
        in_threads(&tally, all, rounds);
    } else if (strcmp(mode, "eager") == 0) {
        for (int round = 0; round < rounds; round++)
            eagerly(&tally, all);
    } else {
        fail(mode, "no such mode");
    }
    int after = open_descriptors();
    if (after != before) {
        fprintf(stderr, "states: %d descriptors before, %d after\n", before, after);
        return EXIT_FAILURE;
    }
    if (waitpid(-1, NULL, WNOHANG) >= 0 || errno != ECHILD)
        fail("processes", "there are some left");
    printf("%lu states, %lu steps, %lu collections\n", tally.states, tally.steps,
           tally.collections);
    return EXIT_SUCCESS;
}
