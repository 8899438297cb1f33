/* A time of day that does not jump while a server is being asked. */
#ifndef ROLLCALL_INTERPOSE_CLOCK_H
#define ROLLCALL_INTERPOSE_CLOCK_H

/* From now on gettimeofday() goes on evenly from what the wall clock says at this moment. */
void steady_clock_set(void);

#endif
