/* SPDX-License-Identifier: Apache-2.0 */
/* tls_sink.c - a neutral SMTP receiver for benchmarks and fault tests (loopback only).
 *
 *   cc -O2 -Wall -Wextra -o "$TMP/tls_sink" tls_sink.c -lssl -lcrypto -lpthread
 *   tls_sink --listen 127.0.0.1:2700 --cert c.pem --key k.pem --log sink.tsv
 *
 * Multi-connection (epoll, optional threads with SO_REUSEPORT), STARTTLS or implicit TLS, session
 * resumption, seeded faults at any stage, reply delays, connection drops (also after the final dot and
 * before the reply), and one log line per message with SHA-256 / Message-ID / chosen headers, so that a
 * harness can count losses and duplicates.  XSTAT (an SMTP verb of ours) returns the counters as JSON.
 *
 * --fail STAGE:WHAT:PROB[:MODE]   STAGE connect ehlo starttls mail rcpt data body eom
 *                                 WHAT  a 3-digit 4xx/5xx code, or drop (close with no reply)
 *                                 MODE  any (default: each event draws from the seed)
 *                                       rcpt  (the same recipients always fail: permanent bounces)
 *                                       first (only the first attempt for a recipient fails: greylist)
 * --quickack: acknowledge at once (Linux otherwise delays an ACK by 40 ms, which stalls clients that leave Nagle on)
 * --starttls-mode ok|none|454|drop|garbage   none: not offered; others: offered, then broken
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum stage { S_CONNECT, S_EHLO, S_STARTTLS, S_MAIL, S_RCPT, S_DATA, S_BODY, S_EOM, S_N };
static const char *stage_name[S_N] = {"connect", "ehlo", "starttls", "mail", "rcpt", "data", "body", "eom"};
enum fmode { F_ANY, F_RCPT, F_FIRST };
struct fault { enum stage st; int code; /* 0 = drop */ double p; enum fmode mode; };
enum tmode { T_OK, T_NONE, T_454, T_DROP, T_GARBAGE };

static struct {
    char host[64]; int port, threads, implicit_tls, require_tls, resume, pipelining, hash, quiet, quickack;
    const char *cert, *key, *log, *name, *store, *auth, *min_tls, *max_tls;
    enum tmode tmode;
    struct fault fault[16]; int nfault;
    int delay_lo, delay_hi; unsigned delay_mask;
    const char *hdr[8]; int nhdr;
    uint64_t seed, max_msgs; int max_time, max_per_conn, max_rcpt, idle, store_max;
    size_t max_size;
} O = {.host = "127.0.0.1", .port = 2700, .threads = 1, .resume = 1, .pipelining = 1, .hash = 1,
       .name = "sink.test", .seed = 1, .max_time = 3600, .max_rcpt = 1000, .idle = 300,
       .max_size = 64u << 20, .delay_mask = ~0u, .store_max = 1000};

static struct { _Atomic uint64_t conns, open, tls, resumed, tlsfail, msgs, accepted, rejected, dropped, bytes,
                rcpts, tempfail, permfail, violations, first_us, last_us, draws; } C;
static SSL_CTX *ctx;
static volatile sig_atomic_t stop_flag, dump_flag;
static int log_fd = -1;

static uint64_t now_us(void) { struct timespec t; clock_gettime(CLOCK_REALTIME, &t); return t.tv_sec * 1000000ull + t.tv_nsec / 1000; }
static uint64_t mono_us(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec * 1000000ull + t.tv_nsec / 1000; }
static uint64_t mix(uint64_t x) { x += 0x9e3779b97f4a7c15ull; x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull; x = (x ^ (x >> 27)) * 0x94d049bb133111ebull; return x ^ (x >> 31); }
static uint64_t hash_str(const char *s) { uint64_t h = 1469598103934665603ull; for (; *s; s++) h = (h ^ (unsigned char)tolower(*s)) * 1099511628211ull; return mix(h); }
static double unit(uint64_t h) { return (double)(h >> 11) / 9007199254740992.0; }

/* ---- growable buffers ---- */
struct buf { char *p; size_t n, cap; };
static void bneed(struct buf *b, size_t more) {
    if (b->n + more <= b->cap) return;
    size_t c = b->cap ? b->cap : 4096;
    while (c < b->n + more) c *= 2;
    b->p = realloc(b->p, c);
    if (!b->p) { perror("realloc"); exit(3); }
    b->cap = c;
}
static void badd(struct buf *b, const void *p, size_t n) { bneed(b, n); memcpy(b->p + b->n, p, n); b->n += n; }
static void bfree(struct buf *b) { free(b->p); memset(b, 0, sizeof *b); }

/* ---- connections ---- */
struct conn {
    int fd; SSL *ssl; int handshaking, want_write, in_data, closing, saw_helo, bol, auth_step, armed_out, paused;
    int oversize, bare_lf, injected, resumed; unsigned flags;
    uint64_t id, resume_at, last; int nmsg, nrcpt, heap_i;
    struct buf in, out, msg; size_t inpos, outpos;
    char peer[32], helo[128], from[256], rcpt1[256]; int have_from;
    struct conn *prev, *next;
};
struct worker { int ep, lfd; struct conn *head; struct conn **heap; int hn, hcap; struct buf log; EVP_MD_CTX *md; pthread_t th; };

/* recipients seen, for mode "first" */
static pthread_mutex_t seen_mu = PTHREAD_MUTEX_INITIALIZER;
static uint64_t *seen; static size_t seen_cap, seen_n;
static int seen_add(uint64_t h) { /* 1 if new */
    if (!h) h = 1;
    pthread_mutex_lock(&seen_mu);
    if ((seen_n + 1) * 2 > seen_cap) {
        size_t nc = seen_cap ? seen_cap * 2 : 1 << 16; uint64_t *ns = calloc(nc, 8);
        if (!ns) { perror("calloc"); exit(3); }
        for (size_t i = 0; i < seen_cap; i++) if (seen[i]) { size_t j = seen[i] & (nc - 1); while (ns[j]) j = (j + 1) & (nc - 1); ns[j] = seen[i]; }
        free(seen); seen = ns; seen_cap = nc;
    }
    size_t j = h & (seen_cap - 1); int fresh = 1;
    while (seen[j]) { if (seen[j] == h) { fresh = 0; break; } j = (j + 1) & (seen_cap - 1); }
    if (fresh) { seen[j] = h; seen_n++; }
    pthread_mutex_unlock(&seen_mu);
    return fresh;
}
/* -1: no fault; 0: drop; else an SMTP code */
static int draw_fault(enum stage st, const char *rcpt) {
    for (int i = 0; i < O.nfault; i++) {
        struct fault *f = &O.fault[i];
        if (f->st != st) continue;
        uint64_t h;
        if (f->mode == F_ANY || !rcpt || !*rcpt) h = mix(O.seed * 1000003 + st * 7919 + i + (atomic_fetch_add(&C.draws, 1) << 20));
        else h = mix(hash_str(rcpt) ^ mix(O.seed + st * 7919 + i));
        if (unit(h) >= f->p) continue;
        if (f->mode == F_FIRST && rcpt && *rcpt && !seen_add(hash_str(rcpt) ^ mix(st * 31 + i))) continue;
        return f->code;
    }
    return -1;
}

/* ---- delay heap ---- */
static void hswap(struct worker *w, int a, int b) { struct conn *t = w->heap[a]; w->heap[a] = w->heap[b]; w->heap[b] = t; w->heap[a]->heap_i = a; w->heap[b]->heap_i = b; }
static void hup(struct worker *w, int i) { while (i && w->heap[(i - 1) / 2]->resume_at > w->heap[i]->resume_at) { hswap(w, i, (i - 1) / 2); i = (i - 1) / 2; } }
static void hdown(struct worker *w, int i) {
    for (;;) { int l = 2 * i + 1, m = i;
        if (l < w->hn && w->heap[l]->resume_at < w->heap[m]->resume_at) m = l;
        if (l + 1 < w->hn && w->heap[l + 1]->resume_at < w->heap[m]->resume_at) m = l + 1;
        if (m == i) return;
        hswap(w, i, m); i = m; }
}
static void hpush(struct worker *w, struct conn *c) {
    if (w->hn == w->hcap) { w->hcap = w->hcap ? w->hcap * 2 : 64; w->heap = realloc(w->heap, w->hcap * sizeof *w->heap); if (!w->heap) exit(3); }
    w->heap[w->hn] = c; c->heap_i = w->hn++; hup(w, c->heap_i);
}
static void hdel(struct worker *w, struct conn *c) {
    int i = c->heap_i; if (i < 0) return;
    w->hn--; if (i != w->hn) { hswap(w, i, w->hn); hup(w, i); hdown(w, i); }
    c->heap_i = -1;
}

/* ---- log ---- */
static void log_flush(struct worker *w) {
    size_t off = 0;
    while (off < w->log.n) { ssize_t k = write(log_fd, w->log.p + off, w->log.n - off); if (k < 0) { if (errno == EINTR) continue; perror("log"); break; } off += k; }
    w->log.n = 0;
}
static void lfield(struct buf *b, const char *s, size_t n, int last) {
    if (n > 400) n = 400;
    bneed(b, n + 2);
    if (!n) b->p[b->n++] = '-';
    for (size_t i = 0; i < n; i++) { unsigned char ch = s[i]; b->p[b->n++] = (ch < 32 || ch == 127) ? ' ' : ch; }
    b->p[b->n++] = last ? '\n' : '\t';
}
static void lnum(struct buf *b, uint64_t v) { char t[24]; int n = snprintf(t, sizeof t, "%llu", (unsigned long long)v); lfield(b, t, n, 0); }
static void sha_hex(struct worker *w, const char *p, size_t n, char out[65]) {
    unsigned char d[32]; unsigned dl = 0;
    EVP_DigestInit_ex(w->md, EVP_sha256(), NULL); EVP_DigestUpdate(w->md, p, n); EVP_DigestFinal_ex(w->md, d, &dl);
    for (int i = 0; i < 32; i++) { out[2 * i] = "0123456789abcdef"[d[i] >> 4]; out[2 * i + 1] = "0123456789abcdef"[d[i] & 15]; }
    out[64] = 0;
}
/* first value of header `name` in the header block (unfolded by the log writer) */
static size_t find_header(const char *p, size_t n, const char *name, const char **val) {
    size_t ln = strlen(name); const char *e = p + n;
    while (p < e) {
        const char *nl = memchr(p, '\n', e - p); if (!nl) nl = e;
        if ((size_t)(nl - p) > ln && p[ln] == ':' && !strncasecmp(p, name, ln)) {
            const char *v = p + ln + 1, *ve = nl;
            while (ve + 1 < e && (ve[1] == ' ' || ve[1] == '\t')) { const char *q = memchr(ve + 1, '\n', e - ve - 1); ve = q ? q : e; }
            while (v < ve && (*v == ' ' || *v == '\t' || *v == '\r' || *v == '\n')) v++;
            while (ve > v && (ve[-1] == '\r' || ve[-1] == '\n' || ve[-1] == ' ')) ve--;
            *val = v; return ve - v;
        }
        p = nl + 1;
    }
    *val = ""; return 0;
}
static void log_line(struct worker *w, struct conn *c, const char *kind, const char *result, const char *rcpt) {
    if (log_fd < 0) return;
    struct buf *b = &w->log; char full[65] = "-", body[65] = "-", tls[96] = "-"; const char *v; size_t hl = 0, vl;
    if (c->ssl && !c->handshaking) snprintf(tls, sizeof tls, "%s/%s", SSL_get_version(c->ssl), SSL_get_cipher_name(c->ssl));
    int ismsg = !strcmp(kind, "msg");
    if (ismsg) {
        char *h = c->msg.n ? memmem(c->msg.p, c->msg.n, "\r\n\r\n", 4) : NULL;
        hl = h ? (size_t)(h - c->msg.p) + 2 : c->msg.n;
        if (O.hash) { sha_hex(w, c->msg.p, c->msg.n, full); size_t o = h ? hl + 2 : c->msg.n; sha_hex(w, c->msg.p + o, c->msg.n - o, body); }
    }
    lnum(b, now_us()); lfield(b, kind, strlen(kind), 0); lnum(b, c->id); lnum(b, c->nmsg); lfield(b, c->peer, strlen(c->peer), 0);
    lfield(b, tls, strlen(tls), 0); lnum(b, c->resumed); lfield(b, c->helo, strlen(c->helo), 0); lfield(b, c->from, strlen(c->from), 0);
    lnum(b, c->nrcpt); lfield(b, rcpt, strlen(rcpt), 0); lnum(b, ismsg ? c->msg.n : 0); lfield(b, full, strlen(full), 0); lfield(b, body, strlen(body), 0);
    vl = ismsg ? find_header(c->msg.p, hl, "Message-ID", &v) : (v = "", 0); lfield(b, v, vl, 0);
    for (int i = 0; i < O.nhdr; i++) { vl = ismsg ? find_header(c->msg.p, hl, O.hdr[i], &v) : (v = "", 0); lfield(b, v, vl, 0); }
    char fl[64] = ""; if (c->bare_lf) strcat(fl, "bare-lf,"); if (c->injected) strcat(fl, "starttls-injection,"); if (c->oversize) strcat(fl, "oversize,");
    lfield(b, fl, strlen(fl), 0); lfield(b, result, strlen(result), 1);
    if (b->n > 1 << 20) log_flush(w);
}

/* ---- replies ---- */
static void reply(struct conn *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void reply(struct conn *c, const char *fmt, ...) {
    char t[1024]; va_list ap; va_start(ap, fmt); int n = vsnprintf(t, sizeof t - 2, fmt, ap); va_end(ap);
    if (n < 0) return;
    if (n > (int)sizeof t - 3) n = sizeof t - 3;
    t[n++] = '\r'; t[n++] = '\n'; badd(&c->out, t, n);
}
static void maybe_delay(struct worker *w, struct conn *c, enum stage st) {
    if (O.delay_hi <= 0 || !(O.delay_mask >> st & 1) || c->heap_i >= 0) return;
    uint64_t ms = O.delay_lo; if (O.delay_hi > O.delay_lo) ms += mix(O.seed ^ (atomic_fetch_add(&C.draws, 1) << 8)) % (O.delay_hi - O.delay_lo + 1);
    c->resume_at = mono_us() + ms * 1000; hpush(w, c);
}
/* returns 1 if a fault was applied */
static int fault_at(struct worker *w, struct conn *c, enum stage st, const char *rcpt) {
    int f = O.nfault ? draw_fault(st, rcpt) : -1;
    if (f < 0) return 0;
    char r[32];
    if (f == 0) { c->closing = 2; C.dropped++; snprintf(r, sizeof r, "%s:drop", stage_name[st]); }
    else {
        C.rejected++; if (f < 500) C.tempfail++; else C.permfail++;
        reply(c, "%d %d.3.0 %s refused by seeded fault", f, f / 100, stage_name[st]); snprintf(r, sizeof r, "%s:%d", stage_name[st], f);
        if (st == S_CONNECT || f == 421) c->closing = 1;
    }
    log_line(w, c, st == S_EOM ? "msg" : "rej", r, rcpt ? rcpt : "");
    return 1;
}
static void reset_tx(struct conn *c) { c->have_from = 0; c->nrcpt = 0; c->from[0] = c->rcpt1[0] = 0; c->msg.n = 0; c->oversize = c->bare_lf = 0; if (c->msg.cap > 1 << 20) bfree(&c->msg); }
static int get_path(const char *s, char *out, size_t n) { /* "<a@b> ..." -> out */
    while (*s == ' ') s++;
    if (*s != '<') return 0;
    const char *e = strchr(++s, '>'); if (!e || (size_t)(e - s) >= n) return 0;
    memcpy(out, s, e - s); out[e - s] = 0; return 1;
}
static int stats_json(char *t, size_t n) {
    double dt = C.last_us > C.first_us ? (C.last_us - C.first_us) / 1e6 : 0;
    struct rusage ru; getrusage(RUSAGE_SELF, &ru);
    return snprintf(t, n, "{\"accepted\":%llu,\"msgs\":%llu,\"rejected\":%llu,\"dropped\":%llu,\"tempfail\":%llu,\"permfail\":%llu,\"conns\":%llu,\"open\":%llu,\"tls\":%llu,\"resumed\":%llu,\"tlsfail\":%llu,\"rcpts\":%llu,\"bytes\":%llu,\"violations\":%llu,\"first_us\":%llu,\"last_us\":%llu,\"rate\":%.1f,\"cpu_s\":%.2f,\"maxrss_kib\":%ld}",
        (unsigned long long)C.accepted, (unsigned long long)C.msgs, (unsigned long long)C.rejected, (unsigned long long)C.dropped, (unsigned long long)C.tempfail, (unsigned long long)C.permfail,
        (unsigned long long)C.conns, (unsigned long long)C.open, (unsigned long long)C.tls, (unsigned long long)C.resumed, (unsigned long long)C.tlsfail, (unsigned long long)C.rcpts, (unsigned long long)C.bytes,
        (unsigned long long)C.violations, (unsigned long long)C.first_us, (unsigned long long)C.last_us, dt > 0 ? (C.accepted > 1 ? C.accepted - 1 : 0) / dt : 0.0,
        ru.ru_utime.tv_sec + ru.ru_stime.tv_sec + (ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) / 1e6, ru.ru_maxrss);
}
static void reset_counters(void) { C.conns = C.tls = C.resumed = C.tlsfail = C.msgs = C.accepted = C.rejected = C.dropped = C.bytes = C.rcpts = C.tempfail = C.permfail = C.violations = C.first_us = C.last_us = 0; }

static void end_of_message(struct worker *w, struct conn *c) {
    c->in_data = 0; c->nmsg++; C.msgs++; C.bytes += c->msg.n;
    uint64_t t = now_us(), z = 0; atomic_compare_exchange_strong(&C.first_us, &z, t);
    if (c->bare_lf) C.violations++;
    if (c->oversize) { reply(c, "552 5.3.4 message too big"); C.rejected++; C.permfail++; log_line(w, c, "msg", "eom:552", c->rcpt1); }
    else if (!fault_at(w, c, S_EOM, c->rcpt1)) {
        uint64_t k = ++C.accepted; C.last_us = t;
        if (O.store && k <= (uint64_t)O.store_max) {
            char f[600]; snprintf(f, sizeof f, "%s/%08llu.eml", O.store, (unsigned long long)k);
            int fd = open(f, O_WRONLY | O_CREAT | O_TRUNC, 0600); if (fd >= 0) { if (write(fd, c->msg.p, c->msg.n) < 0) perror("store"); close(fd); }
        }
        log_line(w, c, "msg", "250", c->rcpt1);
        reply(c, "250 2.0.0 Ok: queued as %llX", (unsigned long long)k);
        if (O.max_msgs && k >= O.max_msgs) stop_flag = 2; /* answer first, then stop */
    }
    maybe_delay(w, c, S_EOM); reset_tx(c);
    if (O.max_per_conn && c->nmsg >= O.max_per_conn && !c->closing) { reply(c, "421 4.7.0 enough messages on this connection"); c->closing = 1; }
}
/* consume body bytes; 1 when the final dot was seen */
static int take_data(struct worker *w, struct conn *c) {
    char *p = c->in.p + c->inpos, *e = c->in.p + c->in.n, *run = p;
    while (p < e) {
        char *nl = memchr(p, '\n', e - p);
        if (!nl) { if (e - p < 65536) break; badd(&c->msg, run, e - run); c->bol = 0; p = run = e; break; }
        if (c->bol && *p == '.') {
            if (nl - p == 2 && p[1] == '\r') {
                badd(&c->msg, run, p - run); c->inpos = nl + 1 - c->in.p;
                end_of_message(w, c); return 1;
            }
            badd(&c->msg, run, p - run); run = p + 1; /* unstuff */
        }
        if (nl > c->in.p && nl[-1] == '\r') c->bol = 1; else { c->bol = 0; c->bare_lf = 1; }
        p = nl + 1;
    }
    badd(&c->msg, run, p - run); c->inpos = p - c->in.p;
    if (c->msg.n > O.max_size) { c->oversize = 1; c->msg.n = 0; }
    return 0;
}
static void command(struct worker *w, struct conn *c, char *l) {
    char path[256]; int tls = c->ssl != NULL;
    if (c->auth_step) { /* any continuation of AUTH LOGIN */
        if (c->auth_step++ == 1) { reply(c, "334 UGFzc3dvcmQ6"); return; }
        c->auth_step = 0; reply(c, "235 2.7.0 Authentication successful"); return;
    }
    if (!strncasecmp(l, "EHLO ", 5) || !strncasecmp(l, "HELO ", 5)) {
        snprintf(c->helo, sizeof c->helo, "%.120s", l + 5); reset_tx(c);
        if (fault_at(w, c, S_EHLO, NULL)) return;
        c->saw_helo = 1;
        if (tolower(l[0]) == 'h') { reply(c, "250 %s", O.name); return; }
        reply(c, "250-%s", O.name);
        if (O.pipelining) reply(c, "250-PIPELINING");
        reply(c, "250-SIZE %zu", O.max_size);
        if (ctx && !tls && O.tmode != T_NONE && !O.implicit_tls) reply(c, "250-STARTTLS");
        if (O.auth) reply(c, "250-AUTH PLAIN LOGIN");
        reply(c, "250-ENHANCEDSTATUSCODES"); reply(c, "250-8BITMIME"); reply(c, "250 SMTPUTF8");
        maybe_delay(w, c, S_EHLO);
    } else if (!strcasecmp(l, "STARTTLS")) {
        if (!ctx || tls || O.tmode == T_NONE) { reply(c, "502 5.5.1 STARTTLS not available"); return; }
        if (fault_at(w, c, S_STARTTLS, NULL)) return;
        if (O.tmode == T_454) { reply(c, "454 4.7.0 TLS not available due to temporary reason"); return; }
        if (c->inpos < c->in.n) { c->injected = 1; C.violations++; log_line(w, c, "rej", "starttls:injection", ""); c->in.n = c->inpos; }
        reply(c, "220 2.0.0 Ready to start TLS");
        if (O.tmode == T_DROP) { c->closing = 1; return; }
        if (O.tmode == T_GARBAGE) { reply(c, "this is not a TLS record"); c->closing = 1; return; }
        c->handshaking = 1; c->saw_helo = 0; reset_tx(c); maybe_delay(w, c, S_STARTTLS);
    } else if (!strncasecmp(l, "MAIL FROM:", 10)) {
        if (O.require_tls && !tls) { reply(c, "530 5.7.0 Must issue a STARTTLS command first"); C.rejected++; return; }
        if (!c->saw_helo) { reply(c, "503 5.5.1 EHLO first"); C.violations++; return; }
        if (c->have_from) { reply(c, "503 5.5.1 nested MAIL"); C.violations++; return; }
        if (!get_path(l + 10, path, sizeof path)) { reply(c, "501 5.5.4 syntax"); C.violations++; return; }
        snprintf(c->from, sizeof c->from, "%s", path);
        if (fault_at(w, c, S_MAIL, NULL)) { c->from[0] = 0; return; }
        c->have_from = 1; reply(c, "250 2.1.0 Ok"); maybe_delay(w, c, S_MAIL);
    } else if (!strncasecmp(l, "RCPT TO:", 8)) {
        if (!c->have_from) { reply(c, "503 5.5.1 MAIL first"); return; }
        if (!get_path(l + 8, path, sizeof path) || !path[0]) { reply(c, "501 5.5.4 syntax"); C.violations++; return; }
        if (c->nrcpt >= O.max_rcpt) { reply(c, "452 4.5.3 too many recipients"); return; }
        if (fault_at(w, c, S_RCPT, path)) return;
        if (!c->nrcpt++) snprintf(c->rcpt1, sizeof c->rcpt1, "%s", path);
        C.rcpts++; reply(c, "250 2.1.5 Ok"); maybe_delay(w, c, S_RCPT);
    } else if (!strcasecmp(l, "DATA")) {
        if (!c->nrcpt) { reply(c, c->have_from ? "554 5.5.1 no valid recipients" : "503 5.5.1 MAIL first"); return; }
        if (fault_at(w, c, S_DATA, c->rcpt1)) { reset_tx(c); return; }
        if (O.nfault) { int f = draw_fault(S_BODY, c->rcpt1); if (f >= 0) c->flags |= 1; }
        reply(c, "354 End data with <CR><LF>.<CR><LF>"); c->in_data = 1; c->bol = 1; c->msg.n = 0; maybe_delay(w, c, S_DATA);
    } else if (!strcasecmp(l, "RSET")) { reset_tx(c); reply(c, "250 2.0.0 Ok"); }
    else if (!strncasecmp(l, "NOOP", 4)) reply(c, "250 2.0.0 Ok");
    else if (!strcasecmp(l, "QUIT")) { reply(c, "221 2.0.0 Bye"); c->closing = 1; }
    else if (!strncasecmp(l, "VRFY", 4)) reply(c, "252 2.0.0 cannot verify");
    else if (!strncasecmp(l, "AUTH PLAIN", 10) && O.auth) {
        const char *a = l + 10; while (*a == ' ') a++;
        if (!*a) { c->auth_step = 2; reply(c, "334 "); return; }
        reply(c, strcmp(a, O.auth) && strcmp(O.auth, "any") ? "535 5.7.8 Authentication failed" : "235 2.7.0 Authentication successful");
    } else if (!strncasecmp(l, "AUTH LOGIN", 10) && O.auth) { c->auth_step = 1; reply(c, "334 VXNlcm5hbWU6"); }
    else if (!strcasecmp(l, "XSTAT")) { char t[900]; stats_json(t, sizeof t); log_flush(w); reply(c, "250 %s", t); }
    else if (!strcasecmp(l, "XRESET")) { reset_counters(); reply(c, "250 2.0.0 Ok"); }
    else reply(c, "502 5.5.2 command not recognised");
}
static void process(struct worker *w, struct conn *c) {
    while (!c->closing && c->heap_i < 0 && !(c->handshaking) && c->inpos < c->in.n) {
        if (c->in_data) {
            if (c->flags & 1) { c->flags &= ~1u; c->closing = 2; C.dropped++; log_line(w, c, "rej", "body:drop", c->rcpt1); return; }
            if (!take_data(w, c)) break;
            continue;
        }
        char *p = c->in.p + c->inpos, *nl = memchr(p, '\n', c->in.n - c->inpos);
        if (!nl) { if (c->in.n - c->inpos > 8192) { reply(c, "500 5.5.2 line too long"); c->closing = 1; } break; }
        size_t n = nl - p; c->inpos += n + 1;
        if (n && p[n - 1] == '\r') n--; else C.violations++;
        if (n > 4096) { reply(c, "500 5.5.2 line too long"); continue; }
        char line[4097]; memcpy(line, p, n); line[n] = 0; while (n && line[n - 1] == ' ') line[--n] = 0;
        command(w, c, line);
    }
    if (c->inpos == c->in.n) { c->in.n = c->inpos = 0; if (c->in.cap > 1 << 20) bfree(&c->in); }
    else if (c->inpos > 32768) { memmove(c->in.p, c->in.p + c->inpos, c->in.n - c->inpos); c->in.n -= c->inpos; c->inpos = 0; }
}

/* ---- I/O ---- */
static void arm(struct worker *w, struct conn *c, int out) {
    int paused = c->heap_i >= 0; /* while a reply is delayed we neither read nor write */
    if (out == c->armed_out && paused == c->paused) return;
    struct epoll_event ev = {.events = paused ? 0 : (EPOLLIN | (out ? EPOLLOUT : 0)), .data.ptr = c};
    epoll_ctl(w->ep, EPOLL_CTL_MOD, c->fd, &ev); c->armed_out = out; c->paused = paused;
}
static void destroy(struct worker *w, struct conn *c, int graceful) {
    if (c->ssl) { if (graceful && !c->handshaking) { ERR_clear_error(); SSL_shutdown(c->ssl); } SSL_free(c->ssl); ERR_clear_error(); }
    epoll_ctl(w->ep, EPOLL_CTL_DEL, c->fd, NULL); close(c->fd); hdel(w, c);
    if (c->prev) c->prev->next = c->next; else w->head = c->next;
    if (c->next) c->next->prev = c->prev;
    bfree(&c->in); bfree(&c->out); bfree(&c->msg); free(c); C.open--;
}
/* 1 ok, 0 would block, -1 dead */
static int flush_out(struct conn *c) {
    while (c->outpos < c->out.n) {
        ssize_t k;
        if (c->ssl) {
            ERR_clear_error(); k = SSL_write(c->ssl, c->out.p + c->outpos, c->out.n - c->outpos);
            if (k <= 0) { int e = SSL_get_error(c->ssl, k); if (e == SSL_ERROR_WANT_WRITE || e == SSL_ERROR_WANT_READ) return 0; return -1; }
        } else {
            k = send(c->fd, c->out.p + c->outpos, c->out.n - c->outpos, MSG_NOSIGNAL);
            if (k < 0) { if (errno == EAGAIN) return 0; if (errno == EINTR) continue; return -1; }
        }
        c->outpos += k;
    }
    c->out.n = c->outpos = 0; return 1;
}
/* 1 got data, 0 would block, -1 closed */
static int fill_in(struct conn *c) {
    int got = 0;
    for (int i = 0; i < 16; i++) {
        bneed(&c->in, 32768); ssize_t k;
        if (c->ssl) {
            ERR_clear_error(); k = SSL_read(c->ssl, c->in.p + c->in.n, 32768);
            if (k <= 0) { int e = SSL_get_error(c->ssl, k); if (e == SSL_ERROR_WANT_READ || e == SSL_ERROR_WANT_WRITE) return got; return got ? got : -1; }
            c->in.n += k; got = 1;
        } else {
            k = recv(c->fd, c->in.p + c->in.n, 32768, 0);
            if (k < 0) { if (errno == EAGAIN) return got; if (errno == EINTR) continue; return got ? got : -1; }
            if (k == 0) return got ? got : -1;
            c->in.n += k; got = 1; if (k < 32768) return got;
        }
    }
    return got;
}
static int start_ssl(struct conn *c) { c->ssl = SSL_new(ctx); if (!c->ssl) return -1; SSL_set_fd(c->ssl, c->fd); SSL_set_accept_state(c->ssl); c->handshaking = 1; return 0; }
/* run the connection as far as it will go; may destroy it */
static void drive(struct worker *w, struct conn *c, int readable) {
    c->last = mono_us();
    for (;;) {
        if (c->closing == 2) { /* abrupt: no reply, reset instead of a clean close */
            struct linger lg = {1, 0}; setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &lg, sizeof lg); destroy(w, c, 0); return;
        }
        if (c->heap_i >= 0) { arm(w, c, 0); return; }
        int f = flush_out(c);
        if (f < 0) { destroy(w, c, 0); return; }
        if (f == 0) { arm(w, c, 1); return; }
        if (c->closing) { destroy(w, c, 1); return; }
        if (c->handshaking) {
            if (!c->ssl && start_ssl(c) < 0) { destroy(w, c, 0); return; }
            ERR_clear_error(); int r = SSL_do_handshake(c->ssl);
            if (r != 1) {
                int e = SSL_get_error(c->ssl, r);
                if (e == SSL_ERROR_WANT_READ) { arm(w, c, 0); return; }
                if (e == SSL_ERROR_WANT_WRITE) { arm(w, c, 1); return; }
                C.tlsfail++; log_line(w, c, "rej", "tls:handshake-failed", ""); destroy(w, c, 0); return;
            }
            c->handshaking = 0; C.tls++; c->resumed = SSL_session_reused(c->ssl); if (c->resumed) C.resumed++;
            if (O.implicit_tls && !fault_at(w, c, S_CONNECT, NULL)) { reply(c, "220 %s ESMTP sink", O.name); maybe_delay(w, c, S_CONNECT); }
            readable = 1; continue;
        }
        if (c->inpos < c->in.n && !c->in_data && memchr(c->in.p + c->inpos, '\n', c->in.n - c->inpos)) { process(w, c); if (c->out.n || c->closing || c->heap_i >= 0 || c->handshaking) continue; }
        else if (c->in_data && c->inpos < c->in.n) { process(w, c); if (c->out.n || c->closing || c->heap_i >= 0) continue; }
        if (!readable) { arm(w, c, 0); return; }
        int g = fill_in(c);
        if (g < 0) { destroy(w, c, 0); return; }
        if (O.quickack) { int one = 1; setsockopt(c->fd, IPPROTO_TCP, TCP_QUICKACK, &one, sizeof one); }
        if (g == 0) { arm(w, c, 0); return; }
        if (!c->ssl) readable = 0; /* level-triggered: we will be called again */
        process(w, c);
    }
}
static void accept_all(struct worker *w) {
    for (int i = 0; i < 64; i++) {
        struct sockaddr_in a; socklen_t al = sizeof a;
        int fd = accept4(w->lfd, (struct sockaddr *)&a, &al, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) return;
        int one = 1; setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        struct conn *c = calloc(1, sizeof *c); if (!c) { close(fd); return; }
        char ip[20]; inet_ntop(AF_INET, &a.sin_addr, ip, sizeof ip); snprintf(c->peer, sizeof c->peer, "%s:%d", ip, ntohs(a.sin_port));
        c->fd = fd; c->id = ++C.conns; C.open++; c->heap_i = -1; c->last = mono_us(); c->next = w->head; if (w->head) w->head->prev = c; w->head = c;
        struct epoll_event ev = {.events = EPOLLIN, .data.ptr = c}; epoll_ctl(w->ep, EPOLL_CTL_ADD, fd, &ev);
        if (O.implicit_tls) c->handshaking = 1;
        else if (!fault_at(w, c, S_CONNECT, NULL)) { reply(c, "220 %s ESMTP sink", O.name); maybe_delay(w, c, S_CONNECT); }
        drive(w, c, 0);
    }
}
static void *run_worker(void *arg) {
    struct worker *w = arg; struct epoll_event ev[256]; uint64_t t_idle = mono_us(), t_stop = t_idle + (uint64_t)O.max_time * 1000000, t_drain = 0;
    while (stop_flag != 1) {
        uint64_t t = mono_us(); int to = 200;
        if (w->hn) { int64_t d = ((int64_t)w->heap[0]->resume_at - (int64_t)t + 999) / 1000; to = d < 0 ? 0 : d < to ? (int)d : to; }
        int n = epoll_wait(w->ep, ev, 256, to);
        for (int i = 0; i < n; i++) {
            if (ev[i].data.ptr == w) { accept_all(w); continue; }
            struct conn *c = ev[i].data.ptr;
            if (c->heap_i >= 0) { if (ev[i].events & (EPOLLERR | EPOLLHUP)) destroy(w, c, 0); continue; }
            drive(w, c, (ev[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0);
        }
        t = mono_us();
        while (w->hn && w->heap[0]->resume_at <= t) { struct conn *c = w->heap[0]; hdel(w, c); drive(w, c, 1); }
        if (w->log.n) log_flush(w);
        if (t - t_idle > 1000000) {
            t_idle = t; for (struct conn *c = w->head, *nx; c; c = nx) { nx = c->next; if (t - c->last > (uint64_t)O.idle * 1000000) destroy(w, c, 0); }
            if (t > t_stop) stop_flag = 1;
        }
        if (dump_flag) { dump_flag = 0; char s[900]; stats_json(s, sizeof s); fprintf(stderr, "%s\n", s); }
        if (stop_flag == 2) { if (!t_drain) t_drain = t + 300000; else if (t > t_drain) break; }
    }
    while (w->head) { flush_out(w->head); destroy(w, w->head, 1); }
    if (w->log.n) log_flush(w);
    return NULL;
}
static void on_sig(int s) { if (s == SIGUSR1) dump_flag = 1; else stop_flag = 1; }
static void die(const char *m) { fprintf(stderr, "tls_sink: %s\n", m); ERR_print_errors_fp(stderr); exit(2); }
static int tlsver(const char *s) { return !strcmp(s, "1.3") ? TLS1_3_VERSION : !strcmp(s, "1.2") ? TLS1_2_VERSION : !strcmp(s, "1.1") ? TLS1_1_VERSION : !strcmp(s, "1.0") ? TLS1_VERSION : (die("TLS version: 1.0 1.1 1.2 1.3"), 0); }
static enum stage stage_of(const char *s, size_t n) { for (int i = 0; i < S_N; i++) if (strlen(stage_name[i]) == n && !strncasecmp(stage_name[i], s, n)) return i; die("unknown stage"); return 0; }
static void add_fault(const char *s) {
    if (O.nfault == 16) die("too many --fail");
    struct fault *f = &O.fault[O.nfault++]; const char *a = strchr(s, ':'), *b = a ? strchr(a + 1, ':') : NULL; if (!b) die("--fail STAGE:WHAT:PROB[:MODE]");
    f->st = stage_of(s, a - s); f->code = !strncmp(a + 1, "drop", 4) ? 0 : atoi(a + 1); if (f->code && (f->code < 400 || f->code > 599)) die("--fail code must be 4xx, 5xx or drop");
    if (f->st == S_BODY && f->code) die("stage body can only drop");
    f->p = atof(b + 1); const char *m = strchr(b + 1, ':'); if (m) f->mode = !strcmp(m + 1, "rcpt") ? F_RCPT : !strcmp(m + 1, "first") ? F_FIRST : F_ANY;
}
int main(int argc, char **argv) {
    enum { LISTEN = 256, CERT, KEY, NOTLS, SMODE, IMPL, REQ, NORES, NOPIPE, NOHASH, FAIL, DROP, SEED, DELAY, DSTAGE, LOG, HDR, THREADS, MAXM, MAXT, MPC, MAXR, MAXS, IDLE, STORE, STOREN, AUTH, TMIN, TMAX, NAME, QUIET, QACK };
    static struct option L[] = {{"listen", 1, 0, LISTEN}, {"cert", 1, 0, CERT}, {"key", 1, 0, KEY}, {"no-starttls", 0, 0, NOTLS}, {"starttls-mode", 1, 0, SMODE}, {"implicit-tls", 0, 0, IMPL}, {"require-tls", 0, 0, REQ}, {"no-resume", 0, 0, NORES}, {"no-pipelining", 0, 0, NOPIPE}, {"no-hash", 0, 0, NOHASH}, {"fail", 1, 0, FAIL}, {"drop-after-data", 1, 0, DROP}, {"seed", 1, 0, SEED}, {"delay-ms", 1, 0, DELAY}, {"delay-stage", 1, 0, DSTAGE}, {"log", 1, 0, LOG}, {"header", 1, 0, HDR}, {"threads", 1, 0, THREADS}, {"max-messages", 1, 0, MAXM}, {"max-time", 1, 0, MAXT}, {"max-per-conn", 1, 0, MPC}, {"max-rcpt", 1, 0, MAXR}, {"max-size", 1, 0, MAXS}, {"idle", 1, 0, IDLE}, {"store", 1, 0, STORE}, {"store-max", 1, 0, STOREN}, {"auth", 1, 0, AUTH}, {"tls-min", 1, 0, TMIN}, {"tls-max", 1, 0, TMAX}, {"name", 1, 0, NAME}, {"quiet", 0, 0, QUIET}, {"quickack", 0, 0, QACK}, {0, 0, 0, 0}};
    int o; unsigned dmask = 0;
    while ((o = getopt_long(argc, argv, "", L, NULL)) != -1) switch (o) {
        case LISTEN: { char *c = strrchr(optarg, ':'); if (!c) { O.port = atoi(optarg); break; } snprintf(O.host, sizeof O.host, "%.*s", (int)(c - optarg), optarg); O.port = atoi(c + 1); break; }
        case CERT: O.cert = optarg; break; case KEY: O.key = optarg; break; case NOTLS: O.tmode = T_NONE; break;
        case SMODE: O.tmode = !strcmp(optarg, "none") ? T_NONE : !strcmp(optarg, "454") ? T_454 : !strcmp(optarg, "drop") ? T_DROP : !strcmp(optarg, "garbage") ? T_GARBAGE : T_OK; break;
        case IMPL: O.implicit_tls = 1; break; case REQ: O.require_tls = 1; break; case NORES: O.resume = 0; break; case NOPIPE: O.pipelining = 0; break; case NOHASH: O.hash = 0; break;
        case FAIL: add_fault(optarg); break; case DROP: { char t[64]; snprintf(t, sizeof t, "eom:drop:%s", optarg); add_fault(t); break; }
        case SEED: O.seed = strtoull(optarg, 0, 10); break;
        case DELAY: { O.delay_lo = atoi(optarg); char *d = strchr(optarg, '-'); O.delay_hi = d ? atoi(d + 1) : O.delay_lo; break; }
        case DSTAGE: dmask |= 1u << stage_of(optarg, strlen(optarg)); break; case LOG: O.log = optarg; break;
        case HDR: if (O.nhdr < 8) O.hdr[O.nhdr++] = optarg; break; case THREADS: O.threads = atoi(optarg); break;
        case MAXM: O.max_msgs = strtoull(optarg, 0, 10); break; case MAXT: O.max_time = atoi(optarg); break; case MPC: O.max_per_conn = atoi(optarg); break; case MAXR: O.max_rcpt = atoi(optarg); break;
        case MAXS: O.max_size = strtoull(optarg, 0, 10); break; case IDLE: O.idle = atoi(optarg); break; case STORE: O.store = optarg; break; case STOREN: O.store_max = atoi(optarg); break;
        case AUTH: O.auth = optarg; break; case TMIN: O.min_tls = optarg; break; case TMAX: O.max_tls = optarg; break; case NAME: O.name = optarg; break; case QUIET: O.quiet = 1; break; case QACK: O.quickack = 1; break;
        default: fprintf(stderr, "see the head of tls_sink.c\n"); return 2;
    }
    if (dmask) O.delay_mask = dmask;
    if (O.threads < 1 || O.threads > 64) die("--threads 1..64");
    if (strncmp(O.host, "127.", 4)) die("loopback addresses only");
    signal(SIGPIPE, SIG_IGN); struct sigaction sa = {.sa_handler = on_sig}; sigaction(SIGINT, &sa, 0); sigaction(SIGTERM, &sa, 0); sigaction(SIGUSR1, &sa, 0);
    struct rlimit rl; getrlimit(RLIMIT_NOFILE, &rl); rl.rlim_cur = rl.rlim_max; setrlimit(RLIMIT_NOFILE, &rl);
    if (O.cert) {
        ctx = SSL_CTX_new(TLS_server_method()); if (!ctx) die("SSL_CTX_new");
        SSL_CTX_set_min_proto_version(ctx, O.min_tls ? tlsver(O.min_tls) : TLS1_2_VERSION); if (O.max_tls) SSL_CTX_set_max_proto_version(ctx, tlsver(O.max_tls));
        if (O.min_tls && tlsver(O.min_tls) < TLS1_2_VERSION) SSL_CTX_set_cipher_list(ctx, "DEFAULT@SECLEVEL=0");
        if (SSL_CTX_use_certificate_chain_file(ctx, O.cert) != 1 || SSL_CTX_use_PrivateKey_file(ctx, O.key ? O.key : O.cert, SSL_FILETYPE_PEM) != 1) die("certificate or key");
        SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
        SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"sink", 4);
        if (O.resume) { SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_SERVER); SSL_CTX_set_num_tickets(ctx, 1); }
        else { SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF); SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET); SSL_CTX_set_num_tickets(ctx, 0); }
        SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION);
    } else if (O.implicit_tls || O.require_tls) die("TLS wanted but no --cert");
    if (O.log) {
        log_fd = open(O.log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600); if (log_fd < 0) { perror(O.log); return 2; }
        char h[1024] = "#t_us\tkind\tconn\tseq\tpeer\ttls\tresumed\thelo\tfrom\tnrcpt\trcpt\tbytes\tsha256\tsha256_body\tmessage_id";
        for (int i = 0; i < O.nhdr; i++) { strncat(h, "\t", sizeof h - strlen(h) - 1); strncat(h, O.hdr[i], sizeof h - strlen(h) - 1); }
        strncat(h, "\tflags\tresult\n", sizeof h - strlen(h) - 1); if (write(log_fd, h, strlen(h)) < 0) perror("log");
    }
    struct worker *W = calloc(O.threads, sizeof *W);
    for (int i = 0; i < O.threads; i++) {
        struct worker *w = &W[i]; struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(O.port)};
        if (inet_pton(AF_INET, O.host, &a.sin_addr) != 1) die("bad address");
        w->lfd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0); int one = 1;
        setsockopt(w->lfd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one); if (O.threads > 1) setsockopt(w->lfd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
        if (bind(w->lfd, (struct sockaddr *)&a, sizeof a) || listen(w->lfd, 4096)) { perror("bind"); return 2; }
        w->ep = epoll_create1(EPOLL_CLOEXEC); w->md = EVP_MD_CTX_new(); struct epoll_event ev = {.events = EPOLLIN, .data.ptr = w}; epoll_ctl(w->ep, EPOLL_CTL_ADD, w->lfd, &ev);
    }
    for (int i = 1; i < O.threads; i++) pthread_create(&W[i].th, NULL, run_worker, &W[i]);
    if (!O.quiet) fprintf(stderr, "tls_sink: %s:%d, tls %s, pid %d\n", O.host, O.port, ctx ? "ready" : "off", getpid());
    run_worker(&W[0]); stop_flag = 1;
    for (int i = 1; i < O.threads; i++) pthread_join(W[i].th, NULL);
    char t[900]; stats_json(t, sizeof t); printf("%s\n", t);
    return 0;
}
