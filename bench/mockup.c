// mockup: tiny, fast mock LLM upstream (OpenAI chat + Anthropic messages, stream and non-stream).
// Single thread, epoll. usage: mockup PORT [--chunks N] [--delay-us D] [--first-us D] [--latency-us
// D] [--pad BYTES] [--reuseport]
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
static int chunks = 50, pad = 200;
static int64_t delay_us = 5000, first_us = -1, lat_us = 0;
static int64_t nowns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}
typedef struct Conn {
  int fd;
  char *in;
  size_t inlen, incap;
  char *out;
  size_t outlen, outoff, outcap;
  int busy, kind, step, closing, inq, close_after;
  int64_t due;
  struct Conn *next;
} Conn;
enum { K_OA = 1, K_AN, K_OAS, K_ANS, K_EMB, K_404, K_MOD, K_STAT };
static int ep;
static Conn **tab;
static int tabn = 65536;
// FIFO queues (constant delay per queue => sorted)
typedef struct {
  Conn *h, *t;
} Q;
static Q q_first, q_step, q_lat;
static void qpush(Q *q, Conn *c) {
  c->next = 0;
  c->inq = 1;
  if (q->t) {
    q->t->next = c;
  } else {
    q->h = c;
  }
  q->t = c;
}
static unsigned long long nreq, nstream, naborted, ndone;
static char *ns_oa, *ns_an, *ns_emb;
static size_t ns_oa_l, ns_an_l, ns_emb_l, ns_mod_l;
static char *ns_mod;
static char *mk(const char *body, size_t *l) {
  char *o;
  int n = asprintf(&o,
                   "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nx-request-id: "
                   "req_mock\r\nContent-Length: %zu\r\n\r\n%s",
                   strlen(body), body);
  *l = n;
  return o;
}
static void setup(void) {
  char *p = malloc(pad + 1);
  for (int i = 0; i < pad; i++) {
    p[i] = (i % 6 == 5) ? ' ' : 'a' + i % 26;
  }
  p[pad] = 0;
  char *b;
  if (asprintf(
          &b,
          "{\"id\":\"chatcmpl-mock0001\",\"object\":\"chat.completion\",\"created\":1700000000,"
          "\"model\":\"mock-model-1\",\"system_fingerprint\":\"fp_mock\",\"choices\":[{\"index\":0,"
          "\"message\":{\"role\":\"assistant\",\"content\":\"%s\",\"refusal\":null},\"logprobs\":"
          "null,\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":412,\"completion_"
          "tokens\":%d,\"total_tokens\":%d,\"prompt_tokens_details\":{\"cached_tokens\":0},"
          "\"completion_tokens_details\":{\"reasoning_tokens\":0}}}",
          p, chunks, 412 + chunks) < 0) {
    exit(1);
  }
  ns_oa = mk(b, &ns_oa_l);
  if (asprintf(&b,
               "{\"id\":\"msg_mock0001\",\"type\":\"message\",\"role\":\"assistant\",\"model\":"
               "\"mock-model-1\",\"content\":[{\"type\":\"text\",\"text\":\"%s\"}],\"stop_reason\":"
               "\"end_turn\",\"stop_sequence\":null,\"usage\":{\"input_tokens\":412,\"cache_"
               "creation_input_tokens\":0,\"cache_read_input_tokens\":0,\"output_tokens\":%d}}",
               p, chunks) < 0) {
    exit(1);
  }
  ns_an = mk(b, &ns_an_l);
  ns_mod = mk("{\"object\":\"list\",\"data\":[{\"id\":\"gpt-4o-mini\",\"object\":\"model\","
              "\"created\":1700000000,\"owned_by\":\"mock\"}]}",
              &ns_mod_l);
  ns_emb = mk(
      "{\"object\":\"list\",\"data\":[{\"object\":\"embedding\",\"index\":0,\"embedding\":[0.1,0.2,"
      "0.3,0.4]}],\"model\":\"mock-emb\",\"usage\":{\"prompt_tokens\":8,\"total_tokens\":8}}",
      &ns_emb_l);
}
static void ob(Conn *c, const char *d, size_t n) {
  if (c->outlen + n > c->outcap) {
    c->outcap = (c->outlen + n) * 2 + 4096;
    c->out = realloc(c->out, c->outcap);
  }
  memcpy(c->out + c->outlen, d, n);
  c->outlen += n;
}
static void cl(Conn *c) {
  if (c->busy) {
    naborted++;
    c->busy = 0;
  }
  if (c->fd >= 0) {
    tab[c->fd] = 0;
    close(c->fd);
    c->fd = -1;
  }
  if (!c->inq) {
    free(c->in);
    free(c->out);
    free(c);
  } else {
    c->closing = 1;
  }
}
static int fl(Conn *c) {
  while (c->outoff < c->outlen) {
    ssize_t n = send(c->fd, c->out + c->outoff, c->outlen - c->outoff, MSG_NOSIGNAL);
    if (n < 0) {
      if (errno == EAGAIN) {
        struct epoll_event e = {.events = EPOLLIN | EPOLLOUT, .data.fd = c->fd};
        epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &e);
        return 1;
      }
      return -1;
    }
    c->outoff += n;
  }
  c->outlen = c->outoff = 0;
  return 0;
}
static void chunk(Conn *c, const char *d, int n) {
  char h[16];
  int k = sprintf(h, "%x\r\n", n);
  ob(c, h, k);
  ob(c, d, n);
  ob(c, "\r\n", 2);
}
#define SSEH                                                                                       \
  "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nCache-Control: "           \
  "no-cache\r\nx-request-id: req_mock\r\nTransfer-Encoding: chunked\r\n\r\n"
static void step(Conn *c) {
  char b[1024];
  int n;
  int64_t t = nowns();
  if (c->kind == K_OAS) {
    if (c->step == 0) {
      ob(c, SSEH, sizeof(SSEH) - 1);
    }
    if (c->step < chunks) {
      n = sprintf(b,
                  "data: "
                  "{\"id\":\"chatcmpl-mock0001\",\"object\":\"chat.completion.chunk\",\"created\":"
                  "1700000000,\"model\":\"mock-model-1\",\"system_fingerprint\":\"fp_mock\","
                  "\"choices\":[{\"index\":0,\"delta\":{%s\"content\":\"tok%05d@%016lld "
                  "\"},\"logprobs\":null,\"finish_reason\":null}]}\n\n",
                  c->step == 0 ? "\"role\":\"assistant\"," : "", c->step, (long long)t);
      chunk(c, b, n);
    } else {
      n = sprintf(
          b, "data: "
             "{\"id\":\"chatcmpl-mock0001\",\"object\":\"chat.completion.chunk\",\"created\":"
             "1700000000,\"model\":\"mock-model-1\",\"system_fingerprint\":\"fp_mock\",\"choices\":"
             "[{\"index\":0,\"delta\":{},\"logprobs\":null,\"finish_reason\":\"stop\"}]}\n\n");
      chunk(c, b, n);
      n = sprintf(
          b,
          "data: "
          "{\"id\":\"chatcmpl-mock0001\",\"object\":\"chat.completion.chunk\",\"created\":"
          "1700000000,\"model\":\"mock-model-1\",\"system_fingerprint\":\"fp_mock\",\"choices\":[],"
          "\"usage\":{\"prompt_tokens\":412,\"completion_tokens\":%d,\"total_tokens\":%d}}\n\n",
          chunks, 412 + chunks);
      chunk(c, b, n);
      chunk(c, "data: [DONE]\n\n", 14);
      ob(c, "0\r\n\r\n", 5);
      c->busy = 0;
    }
  } else {
    if (c->step == 0) {
      ob(c, SSEH, sizeof(SSEH) - 1);
      n = sprintf(
          b, "event: message_start\ndata: "
             "{\"type\":\"message_start\",\"message\":{\"id\":\"msg_mock0001\",\"type\":"
             "\"message\",\"role\":\"assistant\",\"model\":\"mock-model-1\",\"content\":[],\"stop_"
             "reason\":null,\"stop_sequence\":null,\"usage\":{\"input_tokens\":412,\"cache_"
             "creation_input_tokens\":0,\"cache_read_input_tokens\":0,\"output_tokens\":1}}}\n\n");
      chunk(c, b, n);
      n = sprintf(b, "event: content_block_start\ndata: "
                     "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":"
                     "\"text\",\"text\":\"\"}}\n\n");
      chunk(c, b, n);
    }
    if (c->step < chunks) {
      n = sprintf(b,
                  "event: content_block_delta\ndata: "
                  "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_"
                  "delta\",\"text\":\"tok%05d@%016lld \"}}\n\n",
                  c->step, (long long)t);
      chunk(c, b, n);
    } else {
      n = sprintf(
          b, "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n");
      chunk(c, b, n);
      n = sprintf(b,
                  "event: message_delta\ndata: "
                  "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_"
                  "sequence\":null},\"usage\":{\"output_tokens\":%d}}\n\n",
                  chunks);
      chunk(c, b, n);
      n = sprintf(b, "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
      chunk(c, b, n);
      ob(c, "0\r\n\r\n", 5);
      c->busy = 0;
    }
  }
  c->step++;
}
static void nonstream(Conn *c) {
  c->busy = 0;
  switch (c->kind) {
  case K_OA:
    ob(c, ns_oa, ns_oa_l);
    break;
  case K_AN:
    ob(c, ns_an, ns_an_l);
    break;
  case K_EMB:
    ob(c, ns_emb, ns_emb_l);
    break;
  case K_STAT: {
    char b[256], h[256];
    int n = sprintf(b, "{\"requests\":%llu,\"streams\":%llu,\"aborted\":%llu}", nreq, nstream,
                    naborted);
    int k = sprintf(
        h, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", n);
    ob(c, h, k);
    ob(c, b, n);
    break;
  }
  case K_MOD:
    ob(c, ns_mod, ns_mod_l);
    break;
  default: {
    const char *x =
        "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}";
    ob(c, x, strlen(x));
  }
  }
}
static char *hdr(char *s, char *e, const char *name) {
  size_t l = strlen(name);
  for (char *p = s; p < e;) {
    char *nl = memmem(p, e - p, "\r\n", 2);
    if (!nl) {
      nl = e;
    }
    if ((size_t)(nl - p) > l && !strncasecmp(p, name, l) && p[l] == ':') {
      p += l + 1;
      while (*p == ' ') {
        p++;
      }
      return p;
    }
    p = nl + 2;
  }
  return 0;
}
// returns 1 if a request was consumed, 0 need more, -1 error
static int parse(Conn *c) {
  if (c->inlen < 16) {
    return 0;
  }
  char *he = memmem(c->in, c->inlen, "\r\n\r\n", 4);
  if (!he) {
    return 0;
  }
  size_t hl = he - c->in + 4;
  char *cl_ = hdr(c->in, he, "content-length"), *te = hdr(c->in, he, "transfer-encoding");
  size_t total;
  char *body = c->in + hl;
  size_t bl = 0;
  if (te && !strncasecmp(te, "chunked", 7)) {
    char *p = body;
    char *end = c->in + c->inlen;
    for (;;) {
      char *nl = memmem(p, end - p, "\r\n", 2);
      if (!nl) {
        return 0;
      }
      size_t n = strtoul(p, 0, 16);
      p = nl + 2;
      if ((size_t)(end - p) < n + 2) {
        return 0;
      }
      p += n + 2;
      if (n == 0) {
        break;
      }
    }
    total = p - c->in;
    bl = p - body;
  } else {
    size_t n = cl_ ? strtoul(cl_, 0, 10) : 0;
    total = hl + n;
    if (c->inlen < total) {
      char *ex = hdr(c->in, he, "expect");
      if (ex && c->inlen == hl) {
        send(c->fd, "HTTP/1.1 100 Continue\r\n\r\n", 25, MSG_NOSIGNAL);
      }
      return 0;
    }
    bl = n;
  }
  char *le = memmem(c->in, hl, "\r\n", 2);
  int strm = memmem(body, bl, "\"stream\":true", 13) || memmem(body, bl, "\"stream\": true", 14);
  size_t ll = le - c->in;
  if (memmem(c->in, ll, "/chat/completions", 17)) {
    c->kind = strm ? K_OAS : K_OA;
  } else if (memmem(c->in, ll, "/messages", 9)) {
    c->kind = strm ? K_ANS : K_AN;
  } else if (memmem(c->in, ll, "/embeddings", 11)) {
    c->kind = K_EMB;
  } else if (memmem(c->in, ll, "/models", 7)) {
    c->kind = K_MOD;
  } else if (memmem(c->in, ll, "/stats", 6)) {
    c->kind = K_STAT;
  } else if (memmem(c->in, ll, "/health", 7)) {
    c->kind = K_MOD;
  } else {
    c->kind = K_404;
  }
  char *co = hdr(c->in, he, "connection");
  c->close_after = co && !strncasecmp(co, "close", 5);
  nreq++;
  c->busy = 1;
  c->step = 0;
  memmove(c->in, c->in + total, c->inlen - total);
  c->inlen -= total;
  if (c->kind == K_OAS || c->kind == K_ANS) {
    nstream++;
    if (delay_us == 0 && first_us <= 0) {
      while (c->busy) {
        step(c);
        int r = fl(c);
        if (r < 0) {
          return -1;
        }
      }
    } else if (first_us <= 0) {
      step(c);
      if (fl(c) < 0) {
        return -1;
      }
      if (c->busy) {
        c->due = nowns() + delay_us * 1000;
        qpush(&q_step, c);
      }
    } else {
      c->due = nowns() + first_us * 1000;
      qpush(&q_first, c);
    }
  } else {
    if (lat_us > 0) {
      c->due = nowns() + lat_us * 1000;
      qpush(&q_lat, c);
    } else {
      nonstream(c);
      if (fl(c) < 0) {
        return -1;
      }
    }
  }
  return 1;
}
static void pump(Conn *c) {
  while (!c->busy && c->inlen) {
    int r = parse(c);
    if (r < 0) {
      cl(c);
      return;
    }
    if (r == 0) {
      return;
    }
  }
  if (!c->busy && c->close_after && c->outlen == 0) {
    cl(c);
  }
}
static void runq(Q *q, int64_t t) {
  while (q->h && q->h->due <= t) {
    Conn *c = q->h;
    q->h = c->next;
    if (!q->h) {
      q->t = 0;
    }
    c->inq = 0;
    if (c->closing || c->fd < 0) {
      free(c->in);
      free(c->out);
      free(c);
      continue;
    }
    if (q == &q_lat) {
      nonstream(c);
    } else {
      step(c);
    }
    if (fl(c) < 0) {
      cl(c);
      continue;
    }
    if (c->busy) {
      c->due = nowns() + (delay_us > 0 ? delay_us : 0) * 1000;
      qpush(&q_step, c);
    } else {
      pump(c);
    }
  }
}
static volatile int stop;
static void onsig(int s) {
  stop = 1;
}
int main(int ac, char **av) {
  int port = ac > 1 ? atoi(av[1]) : 9100, rp = 0;
  for (int i = 2; i < ac; i++) {
    if (!strcmp(av[i], "--chunks")) {
      chunks = atoi(av[++i]);
    } else if (!strcmp(av[i], "--delay-us")) {
      delay_us = atoll(av[++i]);
    } else if (!strcmp(av[i], "--first-us")) {
      first_us = atoll(av[++i]);
    } else if (!strcmp(av[i], "--latency-us")) {
      lat_us = atoll(av[++i]);
    } else if (!strcmp(av[i], "--pad")) {
      pad = atoi(av[++i]);
    } else if (!strcmp(av[i], "--reuseport")) {
      rp = 1;
    }
  }
  signal(SIGPIPE, SIG_IGN);
  signal(SIGTERM, onsig);
  signal(SIGINT, onsig);
  setup();
  tab = calloc(tabn, sizeof *tab);
  int ls = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
  setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &one, 4);
  if (rp) {
    setsockopt(ls, SOL_SOCKET, SO_REUSEPORT, &one, 4);
  }
  struct sockaddr_in a = {
      .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (bind(ls, (void *)&a, sizeof a) || listen(ls, 4096)) {
    perror("bind");
    return 1;
  }
  ep = epoll_create1(0);
  struct epoll_event e = {.events = EPOLLIN, .data.fd = ls};
  epoll_ctl(ep, EPOLL_CTL_ADD, ls, &e);
  struct epoll_event ev[512];
  while (!stop) {
    int64_t t = nowns(), nx = -1;
    Q *qs[3] = {&q_first, &q_step, &q_lat};
    for (int i = 0; i < 3; i++) {
      if (qs[i]->h && (nx < 0 || qs[i]->h->due < nx)) {
        nx = qs[i]->h->due;
      }
    }
    struct timespec ts, *tp = 0;
    if (nx >= 0) {
      int64_t d = nx - t;
      if (d < 0) {
        d = 0;
      }
      ts.tv_sec = d / 1000000000LL;
      ts.tv_nsec = d % 1000000000LL;
      tp = &ts;
    }
    int n = epoll_pwait2(ep, ev, 512, tp, 0);
    for (int i = 0; i < n; i++) {
      int fd = ev[i].data.fd;
      if (fd == ls) {
        for (;;) {
          int f = accept4(ls, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC);
          if (f < 0) {
            break;
          }
          if (f >= tabn) {
            close(f);
            continue;
          }
          setsockopt(f, IPPROTO_TCP, TCP_NODELAY, &one, 4);
          Conn *c = calloc(1, sizeof *c);
          c->fd = f;
          tab[f] = c;
          e.events = EPOLLIN;
          e.data.fd = f;
          epoll_ctl(ep, EPOLL_CTL_ADD, f, &e);
        }
        continue;
      }
      Conn *c = tab[fd];
      if (!c) {
        continue;
      }
      if (ev[i].events & EPOLLOUT) {
        int r = fl(c);
        if (r < 0) {
          cl(c);
          continue;
        }
        if (r == 0) {
          e.events = EPOLLIN;
          e.data.fd = fd;
          epoll_ctl(ep, EPOLL_CTL_MOD, fd, &e);
        }
      }
      if (ev[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
        if (c->incap - c->inlen < 16384) {
          c->incap = c->incap * 2 + 32768;
          c->in = realloc(c->in, c->incap);
        }
        ssize_t r = recv(fd, c->in + c->inlen, c->incap - c->inlen, 0);
        if (r == 0 || (r < 0 && errno != EAGAIN)) {
          cl(c);
          continue;
        }
        if (r > 0) {
          c->inlen += r;
          if (!c->busy) {
            pump(c);
          }
        }
      }
    }
    t = nowns();
    runq(&q_lat, t);
    runq(&q_first, t);
    runq(&q_step, t);
  }
  fprintf(stderr, "mockup: %llu requests, %llu streams\n", nreq, nstream);
  return 0;
}
