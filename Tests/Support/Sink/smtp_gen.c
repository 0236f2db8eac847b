// SPDX-License-Identifier: Apache-2.0
/* smtp_gen.c - a neutral SMTP load source with unique messages (loopback only, bounded).
 *
 *   cc -O2 -Wall -Wextra -o "$TMP/smtp_gen" smtp_gen.c -lssl -lcrypto -lpthread
 *   smtp_gen --to 127.0.0.1:2525 -n 10000 -c 20 -s 10240 [--rate 100] [--per-conn 0] [--pipeline]
 *            [--starttls | --tls] [--login NAME --password WORD] [--sources 4] [--domain rcpt.test [--spread 50]]
 *
 * --tls: TLS from the start (RFC 8314), a full handshake each time. --login: AUTH PLAIN in the first line, as RFC 4954
 * lets a client do. --sources: the sessions come from 127.0.0.1 and so many addresses after it, since servers count
 * connections by address. --spread: the recipients of message i are at d<i modulo N>.<domain>.
 *
 * Every message has its own recipient, Message-ID, X-Id (run tag and number) and X-Sent-Us (time just
 * before MAIL FROM, or the scheduled time when --rate is given, so that a stalled server cannot hide its
 * delay).  Prints one JSON line: counts, rate, and accept latency (MAIL FROM .. reply to the final dot).
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static char host[64] = "127.0.0.1"; static int port = 2525, conns = 10, per_conn = 0, pipeline = 0, starttls = 0, tls = 0, sources = 1, spread = 0, max_time = 300; static long nmsg = 1000; static int size = 10240;
static double rate = 0; static const char *tag = "g", *domain = "rcpt.test", *login, *password; static char auth_line[1400]; static _Atomic long next_i, ok_n, fail_n; static uint32_t *lat; static SSL_CTX *ctx; static char *filler; static uint64_t t0, deadline;
static uint64_t real_us(void) { struct timespec t; clock_gettime(CLOCK_REALTIME, &t); return t.tv_sec * 1000000ull + t.tv_nsec / 1000; }
static uint64_t mono(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec * 1000000ull + t.tv_nsec / 1000; }
struct c { int fd, source; SSL *ssl; char in[8192]; int n; };
static int xwrite(struct c *c, const char *p, int n) { while (n > 0) { int k = c->ssl ? SSL_write(c->ssl, p, n) : (int)send(c->fd, p, n, MSG_NOSIGNAL); if (k <= 0) return -1; p += k; n -= k; } return 0; }
/* Acknowledged at once: a server that leaves Nagle on (Postfix after the tickets of TLS 1.3) would wait 40 ms otherwise. Linux
 * forgets this with each answer. */
static int xread(struct c *c) { int one = 1; setsockopt(c->fd, IPPROTO_TCP, TCP_QUICKACK, &one, sizeof one); int k = c->ssl ? SSL_read(c->ssl, c->in + c->n, sizeof c->in - c->n) : (int)recv(c->fd, c->in + c->n, sizeof c->in - c->n, 0); if (k <= 0) return -1; c->n += k; return k; }
/* read one (possibly multi-line) reply; -1 when the connection died */
static int get_reply(struct c *c) {
    for (;;) {
        char *nl;
        while ((nl = memchr(c->in, '\n', c->n))) {
            int len = nl + 1 - c->in, last = len >= 4 && c->in[3] != '-', code = atoi(c->in);
            memmove(c->in, nl + 1, c->n - len); c->n -= len; if (last) return code;
        }
        if (c->n == sizeof c->in || xread(c) < 0) return -1;
    }
}
static int cmd(struct c *c, const char *s) { return xwrite(c, s, strlen(s)) ? -1 : get_reply(c); }
static void drop(struct c *c) { if (c->ssl) { SSL_free(c->ssl); c->ssl = NULL; } if (c->fd >= 0) close(c->fd); c->fd = -1; c->n = 0; }
static int secure(struct c *c) {
    int one = 1; setsockopt(c->fd, IPPROTO_TCP, TCP_QUICKACK, &one, sizeof one);
    SSL *s = SSL_new(ctx); SSL_set_fd(s, c->fd); if (SSL_connect(s) != 1) { SSL_free(s); return -1; }
    c->ssl = s; return 0;
}
/* RFC 4616: an empty authorization identity, the name, the password. */
static void make_auth_line(void) {
    unsigned char plain[700], coded[1000]; int n = snprintf((char *)plain, sizeof plain, "%c%s%c%s", 0, login, 0, password);
    if (n >= (int)sizeof plain) { fprintf(stderr, "name and password are too long\n"); exit(2); }
    EVP_EncodeBlock(coded, plain, n); snprintf(auth_line, sizeof auth_line, "AUTH PLAIN %s\r\n", coded);
}
static int dial(struct c *c) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)}; inet_pton(AF_INET, host, &a.sin_addr);
    c->n = 0; c->ssl = NULL; c->fd = socket(AF_INET, SOCK_STREAM, 0); int one = 1; setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct timeval tv = {60, 0}; setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv); setsockopt(c->fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof tv);
    if (sources > 1) {
        struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK + c->source % sources)};
        setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
        if (bind(c->fd, (struct sockaddr *)&from, sizeof from)) { drop(c); return -1; }
    }
    if (connect(c->fd, (struct sockaddr *)&a, sizeof a) || (tls && secure(c)) || get_reply(c) != 220 || cmd(c, "EHLO gen.test\r\n") != 250) { drop(c); return -1; }
    if (starttls) {
        if (cmd(c, "STARTTLS\r\n") != 220) { drop(c); return -1; }
        if (secure(c) || cmd(c, "EHLO gen.test\r\n") != 250) { drop(c); return -1; }
    }
    if (login && cmd(c, auth_line) != 235) { drop(c); return -1; }
    return 0;
}
static int send_one(struct c *c, long i, uint64_t sched, char *buf) {
    char env[400], hdr[800], to[160]; uint64_t sent = sched ? sched : real_us();
    if (spread) snprintf(to, sizeof to, "u%08ld@d%ld.%.100s", i, i % spread, domain); else snprintf(to, sizeof to, "u%08ld@%.120s", i, domain);
    int hl = snprintf(hdr, sizeof hdr, "From: Bench <a@sender.test>\r\nTo: %s\r\nSubject: bench message %ld\r\nDate: Mon, 01 Jan 2024 00:00:00 +0000\r\nMessage-ID: <%s.%ld.%llu@sender.test>\r\nX-Id: %s-%ld\r\nX-Sent-Us: %llu\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\nunique line %ld\r\n", to, i, tag, i, (unsigned long long)t0, tag, i, (unsigned long long)sent, i);
    int fl = size - hl; if (fl < 0) fl = 0; fl -= fl % 78;
    memcpy(buf, hdr, hl); memcpy(buf + hl, filler, fl); memcpy(buf + hl + fl, ".\r\n", 3);
    if (pipeline) {
        snprintf(env, sizeof env, "MAIL FROM:<a@sender.test>\r\nRCPT TO:<%s>\r\nDATA\r\n", to);
        if (xwrite(c, env, strlen(env))) return -1;
        int a = get_reply(c), b = get_reply(c), d = get_reply(c); if (a != 250 || b != 250 || d != 354) return a < 0 || b < 0 || d < 0 ? -1 : 1;
    } else {
        if (cmd(c, "MAIL FROM:<a@sender.test>\r\n") != 250) return -1;
        snprintf(env, sizeof env, "RCPT TO:<%s>\r\n", to); if (cmd(c, env) != 250) return -1;
        if (cmd(c, "DATA\r\n") != 354) return -1;
    }
    if (xwrite(c, buf, hl + fl + 3)) return -1;
    return get_reply(c) == 250 ? 0 : -1;
}
static void *work(void *arg) {
    struct c c = {.fd = -1, .source = (int)(intptr_t)arg}; char *buf = malloc(size + 2048); int on_conn = 0, fails = 0;
    while (mono() < deadline && fails < 20) {
        long i = atomic_fetch_add(&next_i, 1); if (i >= nmsg) break;
        uint64_t sched = 0; if (rate > 0) { sched = t0 + (uint64_t)(i * 1e6 / rate); uint64_t n = real_us(); if (n < sched) usleep(sched - n); }
        if (c.fd < 0) { on_conn = 0; if (dial(&c)) { fail_n++; fails++; continue; } }
        uint64_t a = sched ? sched : real_us(); int r = send_one(&c, i, sched, buf); uint64_t b = real_us();
        if (r == 0) { lat[i] = b > a ? (uint32_t)(b - a) : 1; ok_n++; fails = 0; } else { fail_n++; fails++; drop(&c); }
        if (per_conn && ++on_conn >= per_conn && c.fd >= 0) { cmd(&c, "QUIT\r\n"); drop(&c); }
    }
    if (c.fd >= 0) { cmd(&c, "QUIT\r\n"); drop(&c); }
    free(buf); return NULL;
}
static int cmp(const void *a, const void *b) { uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b; return x < y ? -1 : x > y; }
int main(int argc, char **argv) {
    static struct option L[] = {{"to", 1, 0, 't'}, {"rate", 1, 0, 'r'}, {"per-conn", 1, 0, 'p'}, {"pipeline", 0, 0, 'P'}, {"starttls", 0, 0, 'T'}, {"tls", 0, 0, 'S'}, {"login", 1, 0, 'l'}, {"password", 1, 0, 'w'}, {"sources", 1, 0, 'o'}, {"spread", 1, 0, 'D'}, {"tag", 1, 0, 'g'}, {"domain", 1, 0, 'd'}, {"max-time", 1, 0, 'm'}, {0, 0, 0, 0}}; int o;
    while ((o = getopt_long(argc, argv, "n:c:s:", L, NULL)) != -1) switch (o) {
        case 't': { char *x = strrchr(optarg, ':'); if (!x) return 2; snprintf(host, sizeof host, "%.*s", (int)(x - optarg), optarg); port = atoi(x + 1); break; }
        case 'n': nmsg = atol(optarg); break; case 'c': conns = atoi(optarg); break; case 's': size = atoi(optarg); break; case 'r': rate = atof(optarg); break;
        case 'p': per_conn = atoi(optarg); break; case 'P': pipeline = 1; break; case 'T': starttls = 1; break; case 'S': tls = 1; break; case 'l': login = optarg; break; case 'w': password = optarg; break; case 'o': sources = atoi(optarg); break; case 'D': spread = atoi(optarg); break; case 'g': tag = optarg; break; case 'd': domain = optarg; break; case 'm': max_time = atoi(optarg); break; default: return 2;
    }
    if (strncmp(host, "127.", 4) || nmsg < 1 || nmsg > 20000000 || conns < 1 || conns > 1000 || size < 512 || size > 50000000 || sources < 1 || sources > 200 || !login != !password || (starttls && tls)) { fprintf(stderr, "bad arguments\n"); return 2; }
    signal(SIGPIPE, SIG_IGN);
    if (login) make_auth_line();
    if (starttls || tls) { ctx = SSL_CTX_new(TLS_client_method()); SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL); }
    filler = malloc(size + 100); uint32_t x = 12345; for (int i = 0; i < size + 78; i++) { x = x * 1664525 + 1013904223; int k = i % 78; filler[i] = k == 76 ? '\r' : k == 77 ? '\n' : k % 7 == 6 ? ' ' : 'a' + (x >> 24) % 26; }
    lat = calloc(nmsg, sizeof *lat); pthread_t *th = calloc(conns, sizeof *th); deadline = mono() + max_time * 1000000ull; t0 = real_us(); uint64_t m0 = mono();
    for (int i = 0; i < conns; i++) pthread_create(&th[i], NULL, work, (void *)(intptr_t)i);
    for (int i = 0; i < conns; i++) pthread_join(th[i], NULL);
    double s = (mono() - m0) / 1e6; long k = 0; for (long i = 0; i < nmsg; i++) if (lat[i]) lat[k++] = lat[i];
    qsort(lat, k, sizeof *lat, cmp);
    printf("{\"sent\":%ld,\"failed\":%ld,\"secs\":%.4f,\"rate\":%.1f,\"t0_us\":%llu,\"t1_us\":%llu,\"lat_p50_us\":%u,\"lat_p99_us\":%u,\"lat_max_us\":%u}\n", (long)ok_n, (long)fail_n, s, ok_n / s, (unsigned long long)t0, (unsigned long long)real_us(), k ? lat[k / 2] : 0, k ? lat[k * 99 / 100] : 0, k ? lat[k - 1] : 0);
    return fail_n ? 1 : 0;
}
