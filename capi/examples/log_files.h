/* A log as files in a folder: the callbacks that an engine wants, over POSIX. */
#ifndef LOG_FILES_H
#define LOG_FILES_H

#include "highwater.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A folder of segments; all zero but the folder at first. */
struct log_files {
    const char *folder;
    int current; /* the segment that is written, or 0 */
};

/* Fills in the callbacks for files; the context of `host` is a `struct log_files`, or begins with
 * one. */
void log_files_in(hw_host *host);

#ifdef __cplusplus
}
#endif

#endif
