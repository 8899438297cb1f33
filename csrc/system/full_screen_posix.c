#define _GNU_SOURCE

#include "system/full_screen.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "system/signal_handlers.h"

/* The other buffer, no line breaks of the terminal's own, no cursor. */
#define ENTER "\033[?1049h\033[?7l\033[?25l\033[2J"
/* The cursor goes down first, for a terminal that has no other buffer. */
#define LEAVE "\033[0m\033[?7h\033[?25h\033[999;1H\033[?1049l"

static void stop(int number);
static void go_on(int number);
static void note(int number);
static void end(int number);

static struct handled {
    int number;
    void (*handler)(int number);
    struct sigaction before;
} handled[] = {
    {.number = SIGTSTP, .handler = stop},  {.number = SIGCONT, .handler = go_on},
    {.number = SIGWINCH, .handler = note}, {.number = SIGQUIT, .handler = end},
    {.number = SIGABRT, .handler = end},   {.number = SIGSEGV, .handler = end},
    {.number = SIGBUS, .handler = end},    {.number = SIGFPE, .handler = end},
    {.number = SIGILL, .handler = end},
};
#define COUNT (sizeof handled / sizeof *handled)

static struct termios shown, drawn; /* the terminal for everybody else, and for this */
static volatile sig_atomic_t is_open, is_entered, has_changed;

/* A signal may have come before the bytes were written. */
static void write_all(const char *bytes) {
    for (size_t left = strlen(bytes); left > 0;) {
        ssize_t written = write(STDOUT_FILENO, bytes, left);
        if (written < 0 && errno != EINTR)
            return;
        size_t count = written < 0 ? 0 : (size_t)written;
        bytes += count;
        left -= count;
    }
}

/* In the background this stops the process, until it is in the foreground again. */
static int set_mode(const struct termios *mode) {
    int result;
    do
        result = tcsetattr(STDIN_FILENO, TCSANOW, mode);
    while (result != 0 && errno == EINTR);
    return result;
}

static int enter(void) {
    if (set_mode(&drawn) != 0)
        return errno;
    if (!is_entered)
        write_all(ENTER);
    is_entered = 1;
    has_changed = 1;
    return 0;
}

void full_screen_restore(void) {
    if (!is_entered)
        return;
    is_entered = 0;
    write_all(LEAVE);
    set_mode(&shown);
}

static void note(int number) {
    (void)number;
    has_changed = 1;
}

static void go_on(int number) {
    (void)number;
    int error = errno;
    if (is_open)
        enter();
    errno = error;
}

/* Stops as the process would have without a handler. In an orphaned group nobody could have it go
 * on, so there it does not stop. */
static void stop(int number) {
    int error = errno;
    struct sigaction ours, ordinary = {.sa_handler = SIG_DFL};
    sigset_t its_own;
    full_screen_restore();
    sigemptyset(&ordinary.sa_mask);
    sigemptyset(&its_own);
    sigaddset(&its_own, number);
    sigaction(number, &ordinary, &ours);
    raise(number);
    pthread_sigmask(SIG_UNBLOCK, &its_own, NULL); /* it stops here */
    sigaction(number, &ours, NULL);
    if (is_open)
        enter();
    errno = error;
}

/* Of a signal that ends the process: it does as soon as this returns. */
static void end(int number) {
    full_screen_restore();
    for (size_t i = 0; i < COUNT; i++)
        if (handled[i].number == number)
            sigaction(number, &handled[i].before, NULL);
    raise(number);
}

/* What is ignored stays so. */
static void handle_signals(void) {
    for (size_t i = 0; i < COUNT; i++) {
        struct sigaction action = {.sa_handler = handled[i].handler, .sa_flags = SA_RESTART};
        sigemptyset(&action.sa_mask);
        sigaction(handled[i].number, NULL, &handled[i].before);
        if (handled[i].before.sa_handler != SIG_IGN)
            sigaction(handled[i].number, &action, NULL);
    }
}

int full_screen_open(void) {
    if (is_open)
        return EBUSY;
    if (!isatty(STDOUT_FILENO) || tcgetattr(STDIN_FILENO, &shown) != 0)
        return ENOTTY;
    drawn = shown;
    drawn.c_lflag &= ~(tcflag_t)(ICANON | ECHO | IEXTEN);
    drawn.c_lflag |= ISIG;
    drawn.c_iflag &= ~(tcflag_t)(IXON | ICRNL | INLCR | IGNCR);
    drawn.c_cc[VMIN] = 1;
    drawn.c_cc[VTIME] = 0;
    is_open = 1;
    handle_signals();
    int error = enter();
    if (error)
        full_screen_close();
    return error;
}

void full_screen_close(void) {
    if (!is_open)
        return;
    is_open = 0;
    full_screen_restore();
    for (size_t i = 0; i < COUNT; i++)
        if (handled[i].before.sa_handler != SIG_IGN)
            sigaction(handled[i].number, &handled[i].before, NULL);
}

bool full_screen_changed(void) {
    bool changed = has_changed;
    has_changed = 0;
    return changed;
}

bool full_screen_size(int *columns, int *lines) {
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0)
        return false;
    *columns = size.ws_col;
    *lines = size.ws_row;
    return true;
}

int full_screen_read(char *bytes, size_t size) {
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    if (poll(&input, 1, 0) <= 0)
        return 0;
    ssize_t got = read(STDIN_FILENO, bytes, size);
    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return 0;
    return got > 0 ? (int)got : -1;
}

/* A terminal that takes nothing for a while, as after Ctrl-S at its other end, is waited for. */
bool full_screen_write(const char *bytes, size_t size) {
    while (size > 0) {
        ssize_t written = write(STDOUT_FILENO, bytes, size);
        if (written < 0 && errno == EAGAIN) {
            struct pollfd output = {.fd = STDOUT_FILENO, .events = POLLOUT};
            (void)poll(&output, 1, 1000);
        } else if (written < 0 && errno != EINTR) {
            return false;
        }
        if (written < 0 && signal_handlers_first())
            return false;
        size_t count = written < 0 ? 0 : (size_t)written;
        bytes += count;
        size -= count;
    }
    return true;
}

int full_screen_descriptor(void) {
    return STDIN_FILENO;
}
