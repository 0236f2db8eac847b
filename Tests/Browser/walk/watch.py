# SPDX-License-Identifier: Apache-2.0
"""Listens to what a browser complains about: errors in the console, failed scripts, content that the policy stopped."""

REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) => {
  console.error(`policy: ${event.violatedDirective} stopped ${event.blockedURI || "inline content"}`);
});
"""


class Watch:
    """Collects the complaints of one browser context. A refused page (4xx) has to be expected by the test that meets it."""

    def __init__(self, context):
        self.problems = []
        self.refusals = []
        self._refused_addresses = set()
        context.add_init_script(REPORT_VIOLATIONS)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.problems.append(f"script: {error.error}"))
        context.on("response", self._response)
        context.on("requestfailed", self._failed)

    def expect(self, *statuses):
        """Takes the refusals since the last call; they must be these, in order."""
        met, self.refusals = self.refusals, []
        assert met == list(statuses), f"pages were refused with {met}, expected {list(statuses)}"

    def settle(self):
        """At a test's end: nothing was complained about and every refusal was expected."""
        problems, self.problems = self.problems, []
        assert not problems, "the browser complained:\n" + "\n".join(problems)
        self.expect()

    def _console(self, message):
        if message.type not in ("error", "warning"):
            return
        if message.text.startswith("Failed to load resource") and message.location["url"] in self._refused_addresses:
            return
        self.problems.append(f"{message.type}: {message.text} ({message.location['url']})")

    def _response(self, response):
        if response.status < 400:
            return
        if response.request.is_navigation_request():
            self._refused_addresses.add(response.url)
            self.refusals.append(response.status)
        else:
            self.problems.append(f"{response.status} for {response.url}")

    def _failed(self, request):
        # A page that is left stops what it was still fetching; a download is no page.
        if "ERR_ABORTED" not in (request.failure or ""):
            self.problems.append(f"{request.failure} for {request.url}")
