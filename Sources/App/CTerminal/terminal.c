#define _GNU_SOURCE
#define NCURSES_WIDECHAR 1
#include "CTerminal.h"
#include <curses.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "internal.h"

/// How long ncurses waits for the rest of an escape sequence: long enough for a slow line, short for a person.
enum { ESCAPE_DELAY_MS = 40 };

/// Codes for sequences that terminfo does not name; above every KEY_ constant.
enum { CODE_PASTE_BEGIN = KEY_MAX + 16, CODE_PASTE_END };

#define PASTE_ON "\033[?2004h"
#define PASTE_OFF "\033[?2004l"

static SCREEN *screen;
/// Keys are read from a pad: unlike a window, it is not painted as a side effect of reading.
static WINDOW *keys;
static int cursor_row = -1, cursor_column;
static struct { attr_t attributes; short pair; } styles[CT_STYLE_COUNT];

void ct_line_buffer_stdout(void) { setvbuf(stdout, NULL, _IOLBF, 0); }

static void take_utf8(void) {
    setlocale(LC_CTYPE, "");
    if (strcmp(nl_langinfo(CODESET), "UTF-8") == 0) return;
    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL) setlocale(LC_CTYPE, "C.utf8");
}

/// Copies a terminfo string without its padding marks `$<...>`.
static void add_to_farewell(const char *name) {
    const char *text = tigetstr(name);
    if (text == NULL || text == (char *)-1) return;
    char plain[64];
    size_t length = 0;
    while (*text != '\0' && length < sizeof plain - 1) {
        const char *end = text[0] == '$' && text[1] == '<' ? strchr(text, '>') : NULL;
        if (end != NULL) text = end + 1;
        else plain[length++] = *text++;
    }
    plain[length] = '\0';
    ct_farewell_add(plain);
}

static void prepare_farewell(void) {
    ct_farewell_add(PASTE_OFF);
    add_to_farewell("sgr0");
    add_to_farewell("cnorm");
    add_to_farewell("rmkx");
    add_to_farewell("rmcup");
    ct_farewell_add("\r\n");
}

int ct_open(void) {
    static int registered;
    if (screen != NULL) return CT_OPENED;
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) return CT_NOT_A_TERMINAL;
    take_utf8();
    // Before newterm: ncurses leaves alone the handlers that it finds.
    if (ct_signals_begin() != 0) return CT_SYSTEM_ERROR;
    screen = newterm(NULL, stdout, stdin);
    if (screen == NULL) {
        ct_signals_end();
        return CT_UNKNOWN_TERMINAL;
    }
    set_term(screen);
    set_escdelay(ESCAPE_DELAY_MS);
    raw();
    noecho();
    nonl();
    leaveok(stdscr, FALSE);
    scrollok(stdscr, FALSE);
    keys = newpad(1, 1);
    if (keys == NULL) {
        ct_close();
        return CT_SYSTEM_ERROR;
    }
    keypad(keys, TRUE);
    define_key("\033[200~", CODE_PASTE_BEGIN);
    define_key("\033[201~", CODE_PASTE_END);
    if (ct_color_count() > 0) {
        start_color();
        use_default_colors();
    }
    prepare_farewell();
    ct_farewell_arm();
    fputs(PASTE_ON, stdout);
    fflush(stdout);
    if (!registered) registered = atexit(ct_close) == 0;
    return CT_OPENED;
}

void ct_close(void) {
    if (screen == NULL) return;
    SCREEN *closing = screen;
    screen = NULL;
    fputs(PASTE_OFF, stdout);
    curs_set(1);
    endwin();
    fflush(stdout);
    if (keys != NULL) delwin(keys);
    keys = NULL;
    ct_signals_end();
    delscreen(closing);
}

static int named_key(wint_t code) {
    if (code >= KEY_F(1) && code <= KEY_F(24)) return CT_KEY_FUNCTION + (int)(code - KEY_F0);
    switch (code) {
    case KEY_UP: return CT_KEY_UP;
    case KEY_DOWN: return CT_KEY_DOWN;
    case KEY_LEFT: return CT_KEY_LEFT;
    case KEY_RIGHT: return CT_KEY_RIGHT;
    case KEY_HOME: case KEY_A1: case KEY_FIND: return CT_KEY_HOME;
    case KEY_END: case KEY_C1: case KEY_SELECT: return CT_KEY_END;
    case KEY_PPAGE: case KEY_A3: return CT_KEY_PAGE_UP;
    case KEY_NPAGE: case KEY_C3: return CT_KEY_PAGE_DOWN;
    case KEY_ENTER: return CT_KEY_ENTER;
    case KEY_BACKSPACE: return CT_KEY_BACKSPACE;
    case KEY_DC: return CT_KEY_DELETE;
    case KEY_BTAB: return CT_KEY_BACK_TAB;
    case CODE_PASTE_BEGIN: return CT_KEY_PASTE_BEGIN;
    case CODE_PASTE_END: return CT_KEY_PASTE_END;
    default: return CT_KEY_UNKNOWN;
    }
}

int ct_read(unsigned int *value) {
    if (screen == NULL) return CT_NOTHING;
    // With bytes waiting, the rest of a cut UTF-8 character may take a moment; with none, only what ncurses holds.
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    wtimeout(keys, poll(&input, 1, 0) > 0 ? ESCAPE_DELAY_MS : 0);
    wint_t read = 0;
    int answer = wget_wch(keys, &read);
    if (answer == ERR) return CT_NOTHING;
    *value = answer == KEY_CODE_YES ? (unsigned)named_key(read) : (unsigned)read;
    return answer == KEY_CODE_YES ? CT_NAMED_KEY : CT_SCALAR;
}

void ct_take_size(int *rows, int *columns) {
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0) {
        if (screen != NULL && (size.ws_row != LINES || size.ws_col != COLS)) resizeterm(size.ws_row, size.ws_col);
        *rows = size.ws_row;
        *columns = size.ws_col;
        return;
    }
    *rows = screen == NULL ? 24 : LINES;
    *columns = screen == NULL ? 80 : COLS;
}

int ct_color_count(void) {
    const char *wish = getenv("NO_COLOR");
    if ((wish != NULL && wish[0] != '\0') || screen == NULL || !has_colors()) return 0;
    int colors = tigetnum("colors");
    return colors < 0 ? 0 : colors;
}

void ct_define_style(int style, int foreground, int attributes) {
    if (style < 0 || style >= CT_STYLE_COUNT || screen == NULL) return;
    attr_t bits = A_NORMAL;
    if (attributes & CT_BOLD) bits |= A_BOLD;
    if (attributes & CT_DIM) bits |= A_DIM;
    if (attributes & CT_REVERSE) bits |= A_REVERSE;
    if (attributes & CT_UNDERLINE) bits |= A_UNDERLINE;
    styles[style].attributes = bits;
    styles[style].pair = 0;
    if (foreground < 0 || foreground >= ct_color_count()) return;
    if (init_pair((short)(style + 1), (short)foreground, -1) == OK) styles[style].pair = (short)(style + 1);
}

void ct_put_cell(int row, int column, const unsigned int *scalars, int scalar_count, int style) {
    if (screen == NULL || scalar_count < 1 || style < 0 || style >= CT_STYLE_COUNT) return;
    wchar_t text[CT_CELL_SCALARS_MAX + 1];
    int count = scalar_count < CT_CELL_SCALARS_MAX ? scalar_count : CT_CELL_SCALARS_MAX;
    for (int index = 0; index < count; index++) text[index] = (wchar_t)scalars[index];
    text[count] = L'\0';
    cchar_t cell;
    if (setcchar(&cell, text, styles[style].attributes, styles[style].pair, NULL) == ERR) return;
    mvadd_wch(row, column, &cell);
}

void ct_place_cursor(int row, int column) {
    cursor_row = row;
    cursor_column = column;
}

void ct_present(void) {
    if (screen == NULL) return;
    curs_set(cursor_row < 0 ? 0 : 1);
    move(cursor_row < 0 ? LINES - 1 : cursor_row, cursor_row < 0 ? 0 : cursor_column);
    refresh();
}

void ct_forget_screen(void) {
    if (screen == NULL) return;
    clearok(curscr, TRUE);
}
