"""A small ONVIF camera for tests: WS-Discovery over UDP multicast and SOAP over HTTP.

    onvif_device.py [--user U --password P --auth ws|http] [--clock-offset SECONDS]
                    [--host HOST] [--media2] [--old] [--uuid ID]

It listens on 127.0.0.1, prints the ports of HTTP and of discovery on one line and runs until it is
killed. Prints every SOAP call's name afterwards. --auth ws checks the digest of WS-Security's
UsernameToken by its own clock, which is off by --clock-offset, and takes no nonce twice; http asks
for HTTP digest instead. --host is the host it names in its own addresses; --media2 adds the Media 2
service with an H.265 profile; --old knows GetCapabilities only, not GetServices.

By the ONVIF Core and Media specifications, WS-Discovery (April 2005), WS-Security UsernameToken
Profile 1.0 and RFC 7616.
"""
import argparse
import base64
import datetime
import hashlib
import http.server
import re
import socket
import threading
import xml.etree.ElementTree as ET

parser = argparse.ArgumentParser()
parser.add_argument("--user", default="")
parser.add_argument("--password", default="")
parser.add_argument("--auth", choices=["ws", "http"], default="ws")
parser.add_argument("--clock-offset", type=int, default=0)
parser.add_argument("--host", default="127.0.0.1")
parser.add_argument("--media2", action="store_true")
parser.add_argument("--old", action="store_true")
parser.add_argument("--uuid", default="1419D68A-1DD2-11B2-A105-000000000001")
options = parser.parse_args()

GROUP = "239.255.255.250"
SOAP = "http://www.w3.org/2003/05/soap-envelope"
WSA = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
WSD = "http://schemas.xmlsoap.org/ws/2005/04/discovery"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
DEVICE = "http://www.onvif.org/ver10/device/wsdl"
MEDIA = "http://www.onvif.org/ver10/media/wsdl"
MEDIA2 = "http://www.onvif.org/ver20/media/wsdl"
SCHEMA = "http://www.onvif.org/ver10/schema"


def envelope(body, header=""):
    return (f'<?xml version="1.0" encoding="UTF-8"?><SOAP-ENV:Envelope xmlns:SOAP-ENV="{SOAP}" '
            f'xmlns:wsa="{WSA}" xmlns:d="{WSD}" xmlns:tds="{DEVICE}" xmlns:trt="{MEDIA}" '
            f'xmlns:tr2="{MEDIA2}" xmlns:tt="{SCHEMA}" xmlns:ter="http://www.onvif.org/ver10/error">'
            f"<SOAP-ENV:Header>{header}</SOAP-ENV:Header><SOAP-ENV:Body>{body}</SOAP-ENV:Body>"
            "</SOAP-ENV:Envelope>").encode()


def fault(subcode, reason):
    return envelope(
        "<SOAP-ENV:Fault><SOAP-ENV:Code><SOAP-ENV:Value>SOAP-ENV:Sender</SOAP-ENV:Value>"
        f"<SOAP-ENV:Subcode><SOAP-ENV:Value>ter:{subcode}</SOAP-ENV:Value></SOAP-ENV:Subcode>"
        "</SOAP-ENV:Code><SOAP-ENV:Reason>"
        f'<SOAP-ENV:Text xml:lang="en">{reason}</SOAP-ENV:Text></SOAP-ENV:Reason></SOAP-ENV:Fault>')


def now():
    return (datetime.datetime.now(datetime.timezone.utc) +
            datetime.timedelta(seconds=options.clock_offset))


seen_nonces = set()


def token_is_good(message):
    token = message.find(f"{{{SOAP}}}Header/{{{WSSE}}}Security/{{{WSSE}}}UsernameToken")
    if token is None:
        return False
    nonce = base64.b64decode(token.findtext(f"{{{WSSE}}}Nonce"))
    created = token.findtext(f"{{{WSU}}}Created")
    digest = hashlib.sha1(nonce + created.encode() + options.password.encode()).digest()
    age = now() - datetime.datetime.fromisoformat(created.replace("Z", "+00:00"))
    good = (token.findtext(f"{{{WSSE}}}Username") == options.user and
            base64.b64decode(token.findtext(f"{{{WSSE}}}Password")) == digest and
            abs(age.total_seconds()) < 30 and nonce not in seen_nonces)
    seen_nonces.add(nonce)
    return good


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


def http_digest_is_good(request):
    header = request.headers.get("Authorization", "")
    if not header.startswith("Digest "):
        return False
    given = {name: quoted or plain
             for name, quoted, plain in re.findall(r'(\w+)=(?:"([^"]*)"|([^,\s]+))', header)}
    ha1 = md5(f"{options.user}:cam:{options.password}")
    ha2 = md5(f"{request.command}:{request.path}")
    return given.get("username") == options.user and given.get("response") == md5(
        ":".join([ha1, given["nonce"], given["nc"], given["cnonce"], given["qop"], ha2]))


def address(path):
    return f"http://{options.host}:{http_port}{path}"


def profile(token, encoding, width, height):
    return (f'<trt:Profiles token="{token}" fixed="true"><tt:Name>{token} &amp; more</tt:Name>'
            f'<tt:VideoEncoderConfiguration token="v{token}"><tt:Name>v</tt:Name>'
            f"<tt:Encoding>{encoding}</tt:Encoding><tt:Resolution><tt:Width>{width}</tt:Width>"
            f"<tt:Height>{height}</tt:Height></tt:Resolution></tt:VideoEncoderConfiguration>"
            "</trt:Profiles>")


def answer(name, path, message):
    body = message.find(f"{{{SOAP}}}Body")[0]
    if name == "GetSystemDateAndTime":
        at = now()
        return envelope(
            "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:UTCDateTime>"
            f"<tt:Time><tt:Hour>{at.hour}</tt:Hour><tt:Minute>{at.minute}</tt:Minute>"
            f"<tt:Second>{at.second}</tt:Second></tt:Time><tt:Date><tt:Year>{at.year}</tt:Year>"
            f"<tt:Month>{at.month}</tt:Month><tt:Day>{at.day}</tt:Day></tt:Date>"
            "</tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>")
    if name == "GetServices" and not options.old:
        services = [(DEVICE, "/onvif/device_service"), (MEDIA, "/onvif/media")]
        if options.media2:
            services.append((MEDIA2, "/onvif/media2"))
        return envelope("<tds:GetServicesResponse>" + "".join(
            f"<tds:Service><tds:Namespace>{space}</tds:Namespace><tds:XAddr>{address(where)}"
            "</tds:XAddr></tds:Service>" for space, where in services) +
            "</tds:GetServicesResponse>")
    if name == "GetCapabilities":
        return envelope(
            "<tds:GetCapabilitiesResponse><tds:Capabilities><tt:Media><tt:XAddr>"
            f"{address('/onvif/media')}</tt:XAddr></tt:Media></tds:Capabilities>"
            "</tds:GetCapabilitiesResponse>")
    if name == "GetProfiles" and path == "/onvif/media":
        return envelope("<trt:GetProfilesResponse>" + profile("main", "H264", 1920, 1080) +
                        profile("sub", "JPEG", 640, 360) +
                        '<trt:Profiles token="audio"><tt:Name>audio</tt:Name></trt:Profiles>'
                        "</trt:GetProfilesResponse>")
    if name == "GetProfiles" and path == "/onvif/media2":
        return envelope(
            '<tr2:GetProfilesResponse><tr2:Profiles token="p1"><tr2:Name>main</tr2:Name>'
            "<tr2:Configurations><tr2:VideoEncoder><tt:Encoding>H265</tt:Encoding>"
            "<tt:Resolution><tt:Width>3840</tt:Width><tt:Height>2160</tt:Height></tt:Resolution>"
            "</tr2:VideoEncoder></tr2:Configurations></tr2:Profiles></tr2:GetProfilesResponse>")
    if name == "GetStreamUri" and path == "/onvif/media":
        token = body.findtext(f"{{{MEDIA}}}ProfileToken")
        setup = body.find(f"{{{MEDIA}}}StreamSetup")
        if (setup.findtext(f"{{{SCHEMA}}}Stream") != "RTP-Unicast" or
                setup.findtext(f"{{{SCHEMA}}}Transport/{{{SCHEMA}}}Protocol") != "RTSP"):
            return fault("InvalidArgVal", "no such transport")
        return envelope(
            "<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>"
            f"rtsp://me:hunter2@{options.host}:554/{token}?a=1&amp;b=2</tt:Uri></trt:MediaUri>"
            "</trt:GetStreamUriResponse>")
    if name == "GetStreamUri" and path == "/onvif/media2":
        token = body.findtext(f"{{{MEDIA2}}}ProfileToken")
        return envelope(f"<tr2:GetStreamUriResponse><tr2:Uri>rtsp://{options.host}/2/{token}"
                        "</tr2:Uri></tr2:GetStreamUriResponse>")
    return fault("ActionNotSupported", "not here")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def do_POST(self):
        text = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, body = 200, b""
        if not self.path.startswith("/onvif/"):
            status = 404
        elif options.user and options.auth == "http" and not http_digest_is_good(self):
            status = 401
        else:
            message = ET.fromstring(text)
            name = re.sub(r"{.*}", "", message.find(f"{{{SOAP}}}Body")[0].tag)
            print(name, flush=True)
            if (options.user and options.auth == "ws" and name != "GetSystemDateAndTime" and
                    not token_is_good(message)):
                body = fault("NotAuthorized", "Sender not authorized")
            else:
                body = answer(name, self.path, message)
            status = 400 if b"SOAP-ENV:Fault" in body else 200
        self.send_response(status)
        if status == 401:
            self.send_header("WWW-Authenticate", 'Digest realm="cam", qop="auth", nonce="n1"')
        self.send_header("Content-Type", "application/soap+xml; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def answer_probes(listener):
    while True:
        datagram, sender = listener.recvfrom(65536)
        try:
            message = ET.fromstring(datagram)
            types = message.findtext(f"{{{SOAP}}}Body/{{{WSD}}}Probe/{{{WSD}}}Types")
            message_id = message.findtext(f"{{{SOAP}}}Header/{{{WSA}}}MessageID")
        except ET.ParseError:
            continue
        if not types or not types.endswith(":NetworkVideoTransmitter"):
            continue
        reply = envelope(
            "<d:ProbeMatches><d:ProbeMatch><wsa:EndpointReference><wsa:Address>"
            f"urn:uuid:{options.uuid}</wsa:Address></wsa:EndpointReference>"
            "<d:Types>dn:NetworkVideoTransmitter tds:Device</d:Types><d:Scopes>"
            "onvif://www.onvif.org/type/video_encoder onvif://www.onvif.org/name/Dock%20%C3%A4 "
            "onvif://www.onvif.org/hardware/CAM-1 onvif://www.onvif.org/location/yard</d:Scopes>"
            f"<d:XAddrs>ftp://127.0.0.1/x {address('/onvif/device_service')} "
            "http://192.168.77.1/onvif/device_service</d:XAddrs>"
            "<d:MetadataVersion>1</d:MetadataVersion></d:ProbeMatch></d:ProbeMatches>",
            f"<wsa:RelatesTo>{message_id}</wsa:RelatesTo>")
        answering.sendto(b"<not xml", sender)
        answering.sendto(reply, sender)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
http_port = server.server_address[1]
listening = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
listening.bind(("", 0))
listening.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                     socket.inet_aton(GROUP) + socket.inet_aton("127.0.0.1"))
answering = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
answering.bind(("127.0.0.1", 0))
threading.Thread(target=answer_probes, args=(listening,), daemon=True).start()
print(http_port, listening.getsockname()[1], flush=True)
server.serve_forever()
