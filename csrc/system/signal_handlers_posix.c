#define _GNU_SOURCE

#include "system/signal_handlers.h"

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/select.h>
#include <time.h>

static struct handled {
    int number;
    struct sigaction before;
} handled[] = {{.number = SIGINT}, {.number = SIGTERM}, {.number = SIGHUP}};
#define COUNT (sizeof handled / sizeof *handled)
#define INTERRUPT (&handled[0])

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int holders[SIGNALS_MANNERS];
static volatile sig_atomic_t first_noted;
static volatile sig_atomic_t interrupt_goes_on;

static void note(int number, siginfo_t *information, void *context) {
    const struct sigaction *before = &INTERRUPT->before;
    if (!first_noted)
        first_noted = number;
    if (number != SIGINT || !interrupt_goes_on)
        return;
    if (before->sa_flags & SA_SIGINFO)
        before->sa_sigaction(number, information, context);
    else if (before->sa_handler != SIG_DFL)
        before->sa_handler(number);
}

/* Brings a handler in line with who holds what. What is ignored stays so: nohup asks for that. A
 * handler that somebody has set after this one is left alone. */
static bool settle(struct handled *signal) {
    struct sigaction now;
    if (sigaction(signal->number, NULL, &now) != 0)
        return false;
    bool is_ours = now.sa_flags & SA_SIGINFO && now.sa_sigaction == note;
    const struct sigaction *before = is_ours ? &signal->before : &now;
    bool has_handler = before->sa_flags & SA_SIGINFO || before->sa_handler != SIG_DFL;
    bool is_noted = signal == INTERRUPT && holders[SIGNALS_NOTE_INTERRUPT] > 0 && has_handler;
    bool is_wanted = (is_noted || holders[SIGNALS_CATCH] > 0) && before->sa_handler != SIG_IGN;
    if (is_wanted == is_ours)
        return true;
    if (!is_wanted)
        return sigaction(signal->number, before, NULL) == 0;
    struct sigaction action = {.sa_sigaction = note, .sa_flags = SA_SIGINFO};
    sigemptyset(&action.sa_mask);
    signal->before = now;
    return sigaction(signal->number, &action, NULL) == 0;
}

/* With the lock held. */
static bool settle_all(void) {
    bool settled = true;
    interrupt_goes_on = holders[SIGNALS_CATCH] == 0;
    for (size_t i = 0; i < COUNT; i++)
        settled &= settle(&handled[i]);
    if (holders[SIGNALS_CATCH] + holders[SIGNALS_NOTE_INTERRUPT] == 0)
        first_noted = 0;
    return settled;
}

/* Whoever sets a handler later may call this one after its own, and another thread may be in it
 * when the last Lua state lets go of the library: so it is never unloaded. */
static void stay_loaded(void) {
    Dl_info library;
    if (dladdr(&lock, &library))
        dlopen(library.dli_fname, RTLD_LAZY | RTLD_NODELETE);
}

bool signal_handlers_hold(enum signals_manner manner) {
    stay_loaded();
    pthread_mutex_lock(&lock);
    holders[manner]++;
    bool settled = settle_all();
    if (!settled) {
        holders[manner]--;
        settle_all();
    }
    pthread_mutex_unlock(&lock);
    return settled;
}

void signal_handlers_release(enum signals_manner manner) {
    pthread_mutex_lock(&lock);
    holders[manner]--;
    settle_all();
    pthread_mutex_unlock(&lock);
}

int signal_handlers_first(void) {
    return first_noted;
}

void signal_handlers_sleep(double seconds) {
    struct timespec time = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
    sigset_t blocked, before;
    sigemptyset(&blocked);
    for (size_t i = 0; i < COUNT; i++)
        sigaddset(&blocked, handled[i].number);
    /* Blocked outside pselect, so that none slips in between the look and the sleep. */
    pthread_sigmask(SIG_BLOCK, &blocked, &before);
    if (!first_noted)
        pselect(0, NULL, NULL, NULL, &time, &before);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}
