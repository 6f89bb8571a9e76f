#define _GNU_SOURCE
#include "CTerminal.h"
#include <locale.h>
#include <pthread.h>
#include <wchar.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static locale_t utf8;

static void make_locale(void) {
    utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    if (utf8 == (locale_t)0) utf8 = newlocale(LC_CTYPE_MASK, "C.utf8", (locale_t)0);
}

int ct_column_count(unsigned int scalar) {
    pthread_once(&once, make_locale);
    if (utf8 == (locale_t)0) return scalar >= 0x20 && scalar < 0x7f ? 1 : -1;
    locale_t found = uselocale(utf8);
    int columns = wcwidth((wchar_t)scalar);
    uselocale(found);
    return columns;
}
