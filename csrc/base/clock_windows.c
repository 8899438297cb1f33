#include "base/clock.h"

#include <windows.h>

int64_t clock_now(void) {
    return (int64_t)GetTickCount64();
}
