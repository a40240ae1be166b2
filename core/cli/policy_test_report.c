/* SPDX-License-Identifier: Apache-2.0
 * policy_test_report.c - a line for each case, or one JSON object. */
#include <stdlib.h>

#include "cli/policy_test.h"
#include "cli/utf8.h"

int report_begin(struct report *report, bool json)
{
    *report = (struct report){.json = json};
    if (!json)
        return 0;
    report->cases = open_memstream(&report->text, &report->len); /* the counts go before them */
    return report->cases ? 0 : -1;
}

static void print_json(struct report *report, const char *file, const char *name,
                       const char *failure)
{
    FILE *out = report->cases;

    fputs(report->passed + report->failed > 1 ? ",{\"name\":" : "{\"name\":", out);
    utf8_print_json(out, name);
    fputs(",\"file\":", out);
    utf8_print_json(out, file);
    fprintf(out, ",\"ok\":%s,\"message\":", failure ? "false" : "true");
    utf8_print_json(out, failure ? failure : "");
    fputc('}', out);
}

static void print_line(const char *name, const char *failure)
{
    fputs(failure ? "FAIL " : "ok   ", stdout);
    utf8_print(stdout, name);
    if (failure) {
        fputs(": ", stdout);
        utf8_print(stdout, failure);
    }
    fputc('\n', stdout);
    fflush(stdout); /* the next test may end the program */
}

void report_case(struct report *report, const char *file, const char *name, const char *failure)
{
    if (failure)
        report->failed++;
    else
        report->passed++;
    if (report->json)
        print_json(report, file, name, failure);
    else
        print_line(name, failure);
}

int report_end(struct report *report)
{
    if (!report->json) {
        printf("%u passed, %u failed\n", report->passed, report->failed);
    } else {
        if (fflush(report->cases) != 0 || ferror(report->cases))
            return -1;
        printf("{\"passed\":%u,\"failed\":%u,\"cases\":[", report->passed, report->failed);
        fwrite(report->text, 1, report->len, stdout);
        puts("]}");
    }
    return fflush(stdout) != 0 || ferror(stdout) ? -1 : 0;
}

void report_free(struct report *report)
{
    if (report->cases)
        fclose(report->cases);
    free(report->text);
}
