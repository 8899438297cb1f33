/* A multi handle of libcurl's whose own descriptors children of the program do not get. */
#ifndef ROLLCALL_MULTI_POSIX_H
#define ROLLCALL_MULTI_POSIX_H

#include <curl/curl.h>

/* NULL if there is no memory. The descriptor may be any that is open. */
CURLM *multi_new(int open_descriptor);

#endif
