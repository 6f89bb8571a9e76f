#ifndef C_TERMINAL_H
#define C_TERMINAL_H

/// The number of terminal columns that one Unicode scalar takes: 0, 1 or 2, and -1 where it cannot be shown.
int ct_column_count(unsigned int scalar);

#endif
