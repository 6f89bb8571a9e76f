#ifndef CT_INTERNAL_H
#define CT_INTERNAL_H

/// Remembers the terminal's modes, opens the waking pipe and installs the handlers. 0, or -1 with errno.
int ct_signals_begin(void);

/// Puts back the handlers that were found and forgets the farewell.
void ct_signals_end(void);

/// Appends bytes that a dying process writes to give the screen back.
void ct_farewell_add(const char *bytes);

/// From here on a fatal signal writes the farewell.
void ct_farewell_arm(void);

#endif
