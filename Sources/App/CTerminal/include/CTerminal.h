#ifndef C_TERMINAL_H
#define C_TERMINAL_H

/// What Swift cannot import from ncursesw: variadics, global variables, attribute macros and signal handlers.
/// One terminal per process. Except for `ct_wake`, `ct_column_count` and `ct_line_buffer_stdout`, every function belongs
/// to the one thread that called `ct_open`.

/// The number of terminal columns that one Unicode scalar takes: 0, 1 or 2, and -1 where it cannot be shown.
/// Asked in C.UTF-8 whatever the process's locale is, so that the same text has the same width everywhere.
int ct_column_count(unsigned int scalar);

/// Writes standard output line by line even into a pipe, so that a reader sees each line when it was said.
void ct_line_buffer_stdout(void);

/// What `ct_open` answers.
enum { CT_OPENED = 0, CT_NOT_A_TERMINAL = 1, CT_UNKNOWN_TERMINAL = 2, CT_SYSTEM_ERROR = 3 };

/// Takes the terminal: full screen, raw keys, bracketed paste. Signals that would end the process give it back first.
int ct_open(void);

/// Gives the terminal back. Harmless where it is not taken. Runs at exit by itself.
void ct_close(void);

/// Bits of what `ct_wait` saw.
enum { CT_INPUT = 1, CT_WOKEN = 2, CT_RESIZED = 4, CT_ASKED_TO_END = 8, CT_INPUT_GONE = 16 };

/// Waits for keys, for `ct_wake`, for a new window size or a polite signal to end (TERM, HUP, INT), at most for
/// `timeout_ms` milliseconds (-1: without limit). Returns 0 when the time passed.
int ct_wait(int timeout_ms);

/// Ends a `ct_wait` on another thread, now or when it comes. Safe in a signal handler and after `ct_close`.
void ct_wake(void);

/// The kinds of answer of `ct_read`.
enum { CT_NOTHING = 0, CT_SCALAR = 1, CT_NAMED_KEY = 2 };

/// Named keys. `CT_KEY_FUNCTION + n` is the function key n.
enum {
    CT_KEY_UP = 1, CT_KEY_DOWN, CT_KEY_LEFT, CT_KEY_RIGHT, CT_KEY_HOME, CT_KEY_END, CT_KEY_PAGE_UP, CT_KEY_PAGE_DOWN,
    CT_KEY_ENTER, CT_KEY_BACKSPACE, CT_KEY_DELETE, CT_KEY_BACK_TAB, CT_KEY_PASTE_BEGIN, CT_KEY_PASTE_END,
    CT_KEY_UNKNOWN, CT_KEY_FUNCTION = 100
};

/// Takes one key that has arrived. Does not wait for a first key, only briefly for the rest of an escape sequence or of
/// a UTF-8 character that was cut by the network.
int ct_read(unsigned int *value);

/// The window's size as the kernel knows it now, taken over by ncurses too.
void ct_take_size(int *rows, int *columns);

/// The number of colours that may be used: 0 under NO_COLOR and on terminals without colours.
int ct_color_count(void);

enum { CT_BOLD = 1, CT_DIM = 2, CT_REVERSE = 4, CT_UNDERLINE = 8 };

/// The greatest style number plus one.
enum { CT_STYLE_COUNT = 16 };

/// Sets how a style looks: a foreground colour 0-15 (-1: the terminal's own) and the bits above.
void ct_define_style(int style, int foreground, int attributes);

/// The scalars that one cell can hold: a base and its combining marks.
enum { CT_CELL_SCALARS_MAX = 5 };

/// Puts one cell: a spacing scalar and its combining marks. Shown by the next `ct_present`.
void ct_put_cell(int row, int column, const unsigned int *scalars, int scalar_count, int style);

/// Where the cursor stands after `ct_present`; a negative row hides it.
void ct_place_cursor(int row, int column);

/// Sends what changed to the terminal.
void ct_present(void);

/// Makes the next `ct_present` draw everything anew, after something else wrote on the screen.
void ct_forget_screen(void);

#endif
