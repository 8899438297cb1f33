/* What of a library others see: its luaopen function, and nothing else. */
#ifndef ROLLCALL_EXPORT_H
#define ROLLCALL_EXPORT_H

#if defined(_WIN32)
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif

#endif
