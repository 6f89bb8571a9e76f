// malloc_trim, which Swift's own module of the C library leaves out.
#pragma once
#include <malloc.h>
