#define _XOPEN_SOURCE 700
#include "CTerminal.h"
#include <wchar.h>

int ct_column_count(unsigned int scalar) { return wcwidth((wchar_t)scalar); }
