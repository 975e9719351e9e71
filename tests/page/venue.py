"""A demonstration venue that runs, and a client that enters orders there."""

import json
import signal
import subprocess

SERVICES = ("--ouch", "--itch", "--glimpse", "--requests")


class Venue:
    """A venue in a directory; its page keeps its address over restarts."""

    def __init__(self, program, folder, page="127.0.0.1:0"):
        words = [program, "serve", "--json", "--data", folder, "--moldudp64", "239.255.70.1:0"]
        for service in SERVICES:
            words += [service, "127.0.0.1:0"]
        self.program = program
        self.process = subprocess.Popen(words + ["--page", page], stdout=subprocess.PIPE, text=True)
        served = json.loads(self.process.stdout.readline())
        self.page = served["page"]
        self.ouch = served["ouch"]
        self.password = served["users"][0]["password"]

    def trade(self, lines, user="DEMO1"):
        """Enters a client's lines, and waits for the answers."""
        words = [self.program, "client", "--ouch", self.ouch, "--user", user]
        words += ["--password", self.password]
        subprocess.run(words, input="\n".join(lines) + "\n", text=True, check=True, capture_output=True)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        if self.process.wait() != 0:
            raise AssertionError("the venue did not end cleanly")
