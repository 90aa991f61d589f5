// The package manager asks a module in C for a source; all there is stands in the header.
#include "prefetch.h"
