// Reads timelines: one event a line.
#ifndef ACLSIM_TESTS_TIMELINE_H
#define ACLSIM_TESTS_TIMELINE_H

#include "check.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

struct timeline {
    char *text;
    char **lines;
    int count;
};

// A file, or nothing if it cannot be read.
static inline char *read_text(const char *path)
{
    FILE *const file = fopen(path, "rb");
    size_t room = 1 << 16, length = 0, got;
    char *text = (char *)malloc(room + 1);
    while (file != NULL && (got = fread(text + length, 1, room - length, file)) > 0) {
        length += got;
        if (length == room) {
            room *= 2;
            text = (char *)realloc(text, room + 1);
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    text[length] = '\0';
    return text;
}

// Whether a line is one object: braces and brackets match outside of strings, and nothing follows but a comma.
static inline int is_object(const char *line)
{
    int depth = 0, quoted = 0;
    if (*line != '{') {
        return 0;
    }
    for (; *line != '\0'; line++) {
        if (quoted) {
            line += *line == '\\' && line[1] != '\0';
            quoted = *line != '"';
        } else if (*line == '"') {
            quoted = 1;
        } else {
            depth += (*line == '{' || *line == '[') - (*line == '}' || *line == ']');
            if (depth == 0) {
                return line[1] == '\0' || strcmp(line + 1, ",") == 0;
            }
        }
    }
    return 0;
}

// Reads a timeline that must be complete: an array with an object a line.
static inline struct timeline timeline_read(const char *path)
{
    struct timeline read = {read_text(path), NULL, 0};
    char *line = read.text;
    const size_t length = strlen(read.text);
    CHECK(length > 4 && strncmp(read.text, "[\n", 2) == 0 && strcmp(read.text + length - 4, "}\n]\n") == 0);
    read.lines = (char **)calloc(length / 2 + 1, sizeof(char *));
    while (*line != '\0') {
        char *const end = strchr(line, '\n');
        if (end == NULL) {
            break;
        }
        *end = '\0';
        if (strcmp(line, "[") != 0 && strcmp(line, "]") != 0) {
            CHECK(is_object(line));
            read.lines[read.count++] = line;
        }
        line = end + 1;
    }
    return read;
}

static inline void timeline_drop(struct timeline *read)
{
    free(read->lines);
    free(read->text);
}

// The events that contain all of the texts; the last one in `found`, if it is given. The texts end with NULL.
static inline int timeline_find(const struct timeline *read, const char **found, ...)
{
    int count = 0;
    for (int i = 0; i < read->count; i++) {
        const char *part;
        int all = 1;
        va_list parts;
        va_start(parts, found);
        while (all && (part = va_arg(parts, const char *)) != NULL) {
            all = strstr(read->lines[i], part) != NULL;
        }
        va_end(parts);
        if (all && found != NULL) {
            *found = read->lines[i];
        }
        count += all;
    }
    return count;
}

#define EVENTS(read, ...) timeline_find(read, NULL, __VA_ARGS__, NULL)

// The last event with all of the texts, or an empty one.
#define EVENT(read, ...)                                                         \
    (timeline_found = "", timeline_find(read, &timeline_found, __VA_ARGS__, NULL), timeline_found)
static const char *timeline_found;

// A number of an event in thousandths, as times are written, -1 if it has none.
static inline int64_t thousandths(const char *event, const char *key)
{
    const char *const place = strstr(event, key);
    char *end = NULL;
    if (place == NULL) {
        return -1;
    }
    const int64_t whole = strtoll(place + strlen(key), &end, 10);
    return 1000 * whole + (*end == '.' ? strtoll(end + 1, NULL, 10) : 0);
}

static inline int64_t number(const char *event, const char *key)
{
    const int64_t value = thousandths(event, key);
    return value < 0 ? -1 : value / 1000;
}

static inline int64_t start_of(const char *event)
{
    return thousandths(event, "\"ts\":");
}

static inline int64_t end_of(const char *event)
{
    return start_of(event) + thousandths(event, "\"dur\":");
}

// Every arrow has one beginning and one end, in that order of time. How many there are.
static inline int timeline_arrows(const struct timeline *read)
{
    int arrows = 0;
    for (int i = 0; i < read->count; i++) {
        char id[64];
        const char *begin = read->lines[i], *end = "";
        if (strstr(begin, "{\"ph\":\"f\"") != NULL) {
            snprintf(id, sizeof(id), "\"id\":%lld,", (long long)number(begin, "\"id\":"));
            CHECK(EVENTS(read, "{\"ph\":\"s\"", id) == 1);
        } else if (strstr(begin, "{\"ph\":\"s\"") != NULL) {
            arrows++;
            snprintf(id, sizeof(id), "\"id\":%lld,", (long long)number(begin, "\"id\":"));
            CHECK(timeline_find(read, &end, "{\"ph\":\"f\"", id, NULL) == 1);
            CHECK(start_of(end) >= start_of(begin));
        }
    }
    return arrows;
}

#endif  // ACLSIM_TESTS_TIMELINE_H
