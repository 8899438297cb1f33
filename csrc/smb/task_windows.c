#include "smb/task.h"

#include <stdlib.h>
#include <windows.h>

/* As many as an enumeration may have targets at once. A call that never comes back keeps its
 * thread, so this also bounds what servers that hang can cost. */
#define THREADS_LIMIT 1024
#define STACK_SIZE ((SIZE_T)256 << 10)

struct task {
    const struct task_kind *kind;
    void *work;
    HMODULE library; /* so that this code stays in memory for as long as the thread runs it */
    bool done;
    bool left;
};

static SRWLOCK lock = SRWLOCK_INIT;
static CONDITION_VARIABLE one_ended = CONDITION_VARIABLE_INIT;
static unsigned thread_count;
static uint64_t ended_count;

static void discard(struct task *task) {
    task->kind->discard(task->work);
    free(task);
}

static DWORD WINAPI run(LPVOID context) {
    struct task *task = context;
    HMODULE library = task->library;
    task->kind->run(task->work);
    AcquireSRWLockExclusive(&lock);
    task->done = true;
    bool left = task->left;
    ended_count++;
    ReleaseSRWLockExclusive(&lock);
    WakeAllConditionVariable(&one_ended);
    if (left)
        discard(task);
    AcquireSRWLockExclusive(&lock);
    thread_count--;
    ReleaseSRWLockExclusive(&lock);
    FreeLibraryAndExitThread(library, 0);
}

static bool count_thread(void) {
    AcquireSRWLockExclusive(&lock);
    bool counted = thread_count < THREADS_LIMIT;
    if (counted)
        thread_count++;
    ReleaseSRWLockExclusive(&lock);
    return counted;
}

static void uncount_thread(void) {
    AcquireSRWLockExclusive(&lock);
    thread_count--;
    ReleaseSRWLockExclusive(&lock);
}

static bool start_thread(struct task *task) {
    if (!GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, (LPCWSTR)(const void *)&lock,
                            &task->library))
        return false;
    HANDLE thread =
        CreateThread(NULL, STACK_SIZE, run, task, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    if (!thread) {
        FreeLibrary(task->library);
        return false;
    }
    CloseHandle(thread);
    return true;
}

struct task *task_start(const struct task_kind *kind, void *work) {
    if (!count_thread())
        return NULL;
    struct task *task = calloc(1, sizeof *task);
    if (task) {
        task->kind = kind;
        task->work = work;
        if (start_thread(task))
            return task;
    }
    free(task);
    uncount_thread();
    return NULL;
}

bool task_is_done(const struct task *task) {
    AcquireSRWLockShared(&lock);
    bool done = task->done;
    ReleaseSRWLockShared(&lock);
    return done;
}

void *task_work(const struct task *task) {
    return task->work;
}

void task_leave(struct task *task) {
    AcquireSRWLockExclusive(&lock);
    bool done = task->done;
    task->left = true;
    ReleaseSRWLockExclusive(&lock);
    if (done)
        discard(task);
}

uint64_t task_count_ended(void) {
    AcquireSRWLockShared(&lock);
    uint64_t count = ended_count;
    ReleaseSRWLockShared(&lock);
    return count;
}

void task_wait(uint64_t ended, uint32_t milliseconds) {
    AcquireSRWLockExclusive(&lock);
    if (ended_count == ended)
        SleepConditionVariableSRW(&one_ended, &lock, milliseconds, 0);
    ReleaseSRWLockExclusive(&lock);
}
