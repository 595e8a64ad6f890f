/* The variadic half of aclAppLog: stable Rust cannot take a va_list. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

typedef int (*sink_function)(uint32_t level, const char *func, const char *file, uint32_t line, const char *text);

/* Set by the caller, who jumps here. Hidden: not part of the interface. */
__attribute__((visibility("hidden"))) sink_function aclsim_log_sink;

__attribute__((visibility("hidden"))) void aclsim_app_log(uint32_t level, const char *func, const char *file,
                                                          uint32_t line, const char *fmt, ...)
{
    char small[512];
    char *text = small;
    va_list args, again;
    int length;

    if (fmt == NULL || !aclsim_log_sink(level, func, file, line, NULL)) {
        return;
    }
    va_start(args, fmt);
    va_copy(again, args);
    length = vsnprintf(small, sizeof small, fmt, args);
    if (length >= (int)sizeof small && (text = malloc((size_t)length + 1)) != NULL) {
        vsnprintf(text, (size_t)length + 1, fmt, again);
    }
    va_end(again);
    va_end(args);
    /* Without memory the beginning has to do. */
    if (length >= 0) {
        aclsim_log_sink(level, func, file, line, text != NULL ? text : small);
    }
    if (text != small) {
        free(text);
    }
}
