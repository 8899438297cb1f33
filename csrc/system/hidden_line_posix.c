#define _GNU_SOURCE

#include "system/hidden_line.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/select.h>
#include <termios.h>
#include <unistd.h>

/* What a user or a system does to a process that waits at a prompt. */
static const int held_back[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
#define COUNT (sizeof held_back / sizeof *held_back)

/* The handlers and the mask as they were, while signals are held back. */
struct signals {
    struct sigaction actions[COUNT];
    sigset_t mask;
};

static volatile sig_atomic_t came;

static void note(int number) {
    came = number;
}

/* They are blocked but for the time that read_line waits, so that none slips in before the wait. */
static void hold_back(struct signals *before) {
    struct sigaction action = {.sa_handler = note};
    sigset_t blocked;
    sigemptyset(&action.sa_mask);
    sigemptyset(&blocked);
    came = 0;
    for (size_t i = 0; i < COUNT; i++)
        sigaddset(&blocked, held_back[i]);
    pthread_sigmask(SIG_BLOCK, &blocked, &before->mask);
    for (size_t i = 0; i < COUNT; i++) {
        sigaction(held_back[i], NULL, &before->actions[i]);
        if (before->actions[i].sa_handler != SIG_IGN)
            sigaction(held_back[i], &action, NULL);
    }
}

/* Returns when the signal that came has had its effect, if this process still is there. */
static void let_go(const struct signals *before) {
    for (size_t i = 0; i < COUNT; i++)
        sigaction(held_back[i], &before->actions[i], NULL);
    if (came)
        raise(came);
    pthread_sigmask(SIG_SETMASK, &before->mask, NULL);
}

static enum hidden_line read_line(int terminal, const sigset_t *mask, char *line, size_t *length) {
    bool too_long = false;
    *length = 0;
    for (;;) {
        fd_set readable;
        FD_ZERO(&readable);
        FD_SET((unsigned short)terminal, &readable); /* some systems index by it as it is */
        int ready = pselect(terminal + 1, &readable, NULL, NULL, NULL, mask);
        if (came)
            return HIDDEN_LINE_INTERRUPTED;
        if (ready < 0 && errno == EINTR)
            continue;
        char byte;
        if (ready < 0 || read(terminal, &byte, 1) <= 0)
            return HIDDEN_LINE_NOBODY;
        if (byte == '\n')
            return too_long ? HIDDEN_LINE_TOO_LONG : HIDDEN_LINE_TYPED;
        too_long = *length == HIDDEN_LINE_LIMIT;
        if (!too_long)
            line[(*length)++] = byte;
    }
}

static void write_text(int terminal, const char *text) {
    ssize_t written = write(terminal, text, strlen(text));
    (void)written; /* the prompt is a help to the user alone */
}

static enum hidden_line ask(int terminal, const char *prompt, const sigset_t *mask, char *line,
                            size_t *length) {
    struct termios shown, hidden;
    if (tcgetattr(terminal, &shown) != 0)
        return HIDDEN_LINE_NOBODY;
    hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    hidden.c_lflag |= ICANON | ISIG;
    if (tcsetattr(terminal, TCSAFLUSH, &hidden) != 0)
        return HIDDEN_LINE_NOBODY;
    write_text(terminal, prompt);
    enum hidden_line result = read_line(terminal, mask, line, length);
    tcsetattr(terminal, TCSAFLUSH, &shown);
    write_text(terminal, "\n");
    return result;
}

enum hidden_line hidden_line_read(const char *prompt, char line[HIDDEN_LINE_LIMIT],
                                  size_t *length) {
    enum hidden_line result = HIDDEN_LINE_NOBODY;
    /* Standard input may be a file or a pipe, which somebody else wants to read. */
    int terminal = isatty(STDIN_FILENO) ? open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC) : -1;
    if (terminal < 0)
        return result;
    do {
        struct signals before;
        hold_back(&before);
        if (terminal < FD_SETSIZE)
            result = ask(terminal, prompt, &before.mask, line, length);
        let_go(&before);
    } while (result == HIDDEN_LINE_INTERRUPTED && came == SIGTSTP);
    close(terminal);
    return result;
}
