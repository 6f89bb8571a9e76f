#define _GNU_SOURCE
#include "CTerminal.h"
#include "internal.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/// Signals that end the process at once. SIGILL and SIGTRAP are how Swift says that our own code is wrong.
static const int fatal[] = {SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT, SIGQUIT};
/// Signals that ask it to end. A second TERM or INT does not ask; HUP comes twice by itself when a window is closed.
static const int polite[] = {SIGTERM, SIGHUP, SIGINT};
enum { FATAL_COUNT = sizeof fatal / sizeof fatal[0], POLITE_COUNT = sizeof polite / sizeof polite[0] };

static struct sigaction found_fatal[FATAL_COUNT], found_polite[POLITE_COUNT], found_resize;
static struct termios found_modes;
static char farewell[512];
static volatile sig_atomic_t farewell_length, armed, asked_to_end, resized;
/// Whether the terminal went away. Its HUP may come after the poll that noticed, and must not end a save half-way.
static int input_gone;
/// Made once and never closed: another thread may wake at any time, also after the terminal was given back.
static int wake_pipe[2] = {-1, -1};

/// Gives the terminal back with nothing but calls that a signal handler may make.
static void say_farewell(void) {
    if (!armed) return;
    armed = 0;
    ssize_t written = write(STDOUT_FILENO, farewell, (size_t)farewell_length);
    (void)written;
    tcsetattr(STDIN_FILENO, TCSANOW, &found_modes);
}

static void die_of(int number, const struct sigaction *found) {
    say_farewell();
    // Whoever was there first (a backtrace, the default) has the last word.
    sigaction(number, found, NULL);
    raise(number);
}

static void on_fatal(int number) {
    for (int index = 0; index < FATAL_COUNT; index++)
        if (fatal[index] == number) die_of(number, &found_fatal[index]);
}

static void on_polite(int number) {
    int saved = errno;
    if (asked_to_end && number != SIGHUP)
        for (int index = 0; index < POLITE_COUNT; index++)
            if (polite[index] == number) die_of(number, &found_polite[index]);
    asked_to_end = 1;
    ct_wake();
    errno = saved;
}

static void on_resize(int number) {
    (void)number;
    int saved = errno;
    resized = 1;
    ct_wake();
    errno = saved;
}

static void install(int number, void (*handler)(int), struct sigaction *found) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, found);
}

int ct_signals_begin(void) {
    if (wake_pipe[0] < 0 && pipe2(wake_pipe, O_NONBLOCK | O_CLOEXEC) != 0) return -1;
    if (tcgetattr(STDIN_FILENO, &found_modes) != 0) return -1;
    farewell_length = 0;
    asked_to_end = 0;
    resized = 0;
    input_gone = 0;
    for (int index = 0; index < FATAL_COUNT; index++) install(fatal[index], on_fatal, &found_fatal[index]);
    for (int index = 0; index < POLITE_COUNT; index++) install(polite[index], on_polite, &found_polite[index]);
    install(SIGWINCH, on_resize, &found_resize);
    return 0;
}

void ct_signals_end(void) {
    armed = 0;
    for (int index = 0; index < FATAL_COUNT; index++) sigaction(fatal[index], &found_fatal[index], NULL);
    for (int index = 0; index < POLITE_COUNT; index++)
        if (!(input_gone && polite[index] == SIGHUP)) sigaction(polite[index], &found_polite[index], NULL);
    sigaction(SIGWINCH, &found_resize, NULL);
}

void ct_farewell_add(const char *bytes) {
    size_t length = strlen(bytes);
    if ((size_t)farewell_length + length > sizeof farewell) return;
    memcpy(farewell + farewell_length, bytes, length);
    farewell_length += (sig_atomic_t)length;
}

void ct_farewell_arm(void) { armed = 1; }

void ct_wake(void) {
    // A full pipe wakes as well as one more byte would.
    ssize_t written = wake_pipe[1] < 0 ? 0 : write(wake_pipe[1], "", 1);
    (void)written;
}

static int drain_wakes(void) {
    char bytes[64];
    int any = 0;
    while (read(wake_pipe[0], bytes, sizeof bytes) > 0) any = 1;
    return any;
}

int ct_wait(int timeout_ms) {
    struct pollfd watched[2] = {
        {.fd = STDIN_FILENO, .events = POLLIN},
        {.fd = wake_pipe[0], .events = POLLIN},
    };
    int ready = poll(watched, 2, timeout_ms);
    int seen = 0;
    if (ready > 0) {
        if (watched[0].revents & POLLIN) seen |= CT_INPUT;
        if (watched[0].revents & (POLLHUP | POLLERR | POLLNVAL)) {
            input_gone = 1;
            seen |= CT_INPUT_GONE;
        }
        if ((watched[1].revents & POLLIN) && drain_wakes()) seen |= CT_WOKEN;
    }
    if (resized) {
        resized = 0;
        seen |= CT_RESIZED;
    }
    if (asked_to_end) seen |= CT_ASKED_TO_END;
    return seen;
}
