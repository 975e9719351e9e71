/* A log as files in a folder: each callback does its work once, and says so when it failed. */
#define _POSIX_C_SOURCE 200809L
#include "log_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct path { char text[4096]; };

static struct path path_of(const struct log_files *files, uint64_t segment) {
    struct path path;
    snprintf(path.text, sizeof path.text, "%s/%016" PRIu64 ".log", files->folder, segment);
    return path;
}

static int32_t sync_file(int file) {
#ifdef __APPLE__
    return fcntl(file, F_FULLFSYNC) < 0 ? errno : 0; /* fsync leaves it in the drive's memory */
#else
    return fdatasync(file) < 0 ? errno : 0;
#endif
}

/* A file by its name, or the folder: names are durable when their folder is. */
static int32_t sync_path(const char *path) {
    int file = open(path, O_RDONLY);
    int32_t result = file < 0 ? errno : sync_file(file);
    if (file >= 0) close(file);
    return result;
}

static int32_t segments(void *context, uint64_t *first, uint64_t *last) {
    struct log_files *files = context;
    struct dirent *entry;
    DIR *entries = opendir(files->folder);
    if (!entries) return errno;
    while ((entry = readdir(entries))) {
        uint64_t number = strtoull(entry->d_name, NULL, 10);
        if (number && (!*first || number < *first)) *first = number;
        if (number > *last) *last = number;
    }
    closedir(entries);
    return 0;
}

static int32_t segment_bytes(void *context, uint64_t segment, uint64_t *bytes) {
    struct stat found;
    if (stat(path_of(context, segment).text, &found) == 0) *bytes = (uint64_t)found.st_size;
    else if (errno != ENOENT) return errno;
    return 0;
}

static int32_t read_at(void *context, uint64_t segment, uint64_t position, uint8_t *into,
                       size_t wanted, size_t *read) {
    int file = open(path_of(context, segment).text, O_RDONLY);
    ssize_t count = 1;
    if (file < 0) return errno;
    while (*read < wanted && count > 0) {
        count = pread(file, into + *read, wanted - *read, (off_t)(position + *read));
        if (count > 0) *read += (size_t)count;
    }
    close(file);
    return count < 0 ? EIO : 0;
}

static int32_t sync_all(void *context, uint64_t from) {
    struct log_files *files = context;
    uint64_t number, first = 0, last = 0;
    int32_t result = segments(context, &first, &last);
    for (number = from > first ? from : first; number && number <= last && !result; number++)
        result = sync_path(path_of(files, number).text);
    return result ? result : sync_path(files->folder);
}

/* A short write is a fault: nothing is tried twice. */
static int32_t append(void *context, uint64_t position, const uint8_t *blocks, size_t bytes) {
    struct log_files *files = context;
    return pwrite(files->current, blocks, bytes, (off_t)position) == (ssize_t)bytes ? 0 : EIO;
}

static int32_t sync_log(void *context) {
    return sync_file(((struct log_files *)context)->current);
}

/* What was appended to the segment before is synced first: `sync` reaches the current one only. */
static int32_t begin(void *context, uint64_t segment, uint64_t bytes, const uint8_t *header,
                     size_t header_bytes) {
    struct log_files *files = context;
    int32_t result = files->current ? sync_file(files->current) : 0;
    (void)bytes; /* for a host that prepares segments ahead */
    if (result) return result;
    if (files->current) close(files->current);
    files->current = open(path_of(files, segment).text, O_RDWR | O_CREAT | O_EXCL, 0600);
    if (files->current < 0) return errno;
    result = append(context, 0, header, header_bytes);
    return result ? result : sync_path(files->folder);
}

/* The last segment goes first, so that none is ever missing before another. */
static int32_t cut(void *context, uint64_t segment, uint64_t position) {
    struct log_files *files = context;
    uint64_t number, first = 0, last = 0;
    int32_t result = segments(context, &first, &last);
    for (number = last; number >= segment + (position > 0) && number && !result; number--)
        result = unlink(path_of(files, number).text) < 0 ? errno : sync_path(files->folder);
    if (result || position == 0) return result;
    files->current = open(path_of(files, segment).text, O_RDWR);
    if (files->current < 0 || ftruncate(files->current, (off_t)position) < 0) return errno;
    return sync_file(files->current);
}

void log_files_in(hw_host *host) {
    host->struct_bytes = sizeof *host;
    host->segments = segments;
    host->segment_bytes = segment_bytes;
    host->read_at = read_at;
    host->sync_all = sync_all;
    host->begin = begin;
    host->cut = cut;
    host->append = append;
    host->sync = sync_log;
}
