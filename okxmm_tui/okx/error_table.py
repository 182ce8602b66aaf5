"""The code tables: OKX v5 error codes, WebSocket close codes and cancel sources, in own words.

Data only. Each line of ``CODES`` is: codes joined by commas, the reaction, the meaning.
"""

from __future__ import annotations

CODES = """
0 ok done
1 batch every row failed
2 batch some rows failed
50000 fix request body was empty
50001 retry service is not available for the moment
50002 fix body was no JSON
50004 query the venue's endpoint timed out, outcome unknown
50005 halt endpoint is offline or retired
50006 fix content type must be application/json
50007 halt user is blocked
50009 halt user is frozen by the venue
50011 retry rate limit reached
50012 halt account status forbids this
50013 retry venue is busy
50014 fix a parameter is missing
50015 fix one of two parameters is needed
50016 fix parameters conflict
50017,50018,50019 retry frozen during auto-deleveraging
50020,50021 retry frozen during liquidation
50022,50023 retry frozen during funding settlement
50024 fix parameters exclude each other
50025 fix too many values in one parameter
50026 query venue's system error
50027,50028,50029 halt account is restricted, ask OKX
50030 halt no permission for this endpoint
50035 halt endpoint needs a key bound to an IP
50036 drop expTime had already passed
50037 drop request expired before it was processed
50038 fix not available in demo trading
50040 retry too frequent
50053 fix available in demo trading only
50061 retry sub-account cap of new and amended orders reached
50067 fix this site does not serve the account
50071 query already exists
50072 fix isolated margin is not offered in this account mode
50100 halt key is frozen
50101 halt key belongs to the other environment (demo against live)
50102 sync_clock request timestamp expired
50103 fix key header was missing
50104 fix passphrase header was missing
50105 halt passphrase was wrong
50106 fix signature header was missing
50107 fix timestamp header was missing
50108,50109 fix exchange id or domain was wrong
50110 halt this IP is not on the key's list
50111 halt key was invalid
50112 halt timestamp was malformed
50113 halt signature was wrong
50114 halt authorization was invalid
50115 fix method is not allowed
50119 halt key does not exist here (wrong region, or deleted)
50120 halt key lacks this permission
50121 halt region of this IP is refused
51000 fix a parameter was wrong
51001 reload_instruments instrument or its code does not exist
51002,51015 fix instrument does not match index or type
51003 fix order id or client order id is needed
51004 drop position and orders exceed the tier of this leverage
51005 drop order amount is over the limit
51006 requote price was outside the price limit
51008 funds balance or margin is not enough
51010 halt not possible in this account mode
51011 query order id was used before
51016 query client order id is in use
51019 ignore options net-long rule
51020 fix size was below the minimum
51021 stop_instrument not listed yet
51022 stop_instrument suspended
51023 resync position does not exist
51024 halt account is blocked from trading
51027 stop_instrument expired
51028 stop_instrument in delivery
51029 stop_instrument in settlement
51030 retry funding is being settled
51034 wait market maker protection was triggered
51046,51047,51048,51049,51050,51051,51052,51053 fix take-profit or stop-loss trigger relation
51054 query request timed out, outcome unknown
51063 resync order id does not exist
51071 fix more than 20 cancel-all-after timers
51101,51102,51103,51104,51105,51106,51107 drop size, order count or aggregate limit
51108,51112,51113,51115,51117 resync close-position limit
51120 fix amount was below the minimum
51121 fix size was no multiple of the lot
51122 fix price was below the minimum
51123 retry minimum price step is not known yet
51124 drop only limit orders in a call auction
51125,51126 resync reduce-only conflict, cancel the conflicting orders
51127 funds available balance is 0
51131 funds balance is not enough
51137,51138 requote price was beyond the limit price
51148,51169,51170,51171 resync reduce-only conflict or no position
51149 query order timed out, outcome unknown
51155 stop_instrument compliance restriction on this pair
51174 drop too many pending orders
51185 fix order was above the largest USD value
51186,51187 drop leverage or platform position limit
51400 resync cancel came too late: filled, cancelled or unknown
51401 resync order was already cancelled
51402 resync order was already complete
51403 drop this type cannot be cancelled
51404 wait no cancels in this phase of the call auction
51405 resync no pending orders
51410 wait cancel or settlement is already running
51411 fix no permission for mass cancel
51412 query cancel timed out, outcome unknown
51415 fix spot triggers take the last price only
51416 query order was already triggered
51500 fix amend needs a price or a size
51501 fix more than 20 orders in one amend
51502 funds amend lacks funds
51503 resync amend came too late: filled, cancelled or unknown
51506 drop this type cannot be amended
51508 wait no amends in a call auction
51509 resync order was already cancelled
51510 resync order was already complete
51511 drop amended price would take liquidity
51512 fix one order twice in an amend batch
51513 wait more than 3 amends of one order are in progress
51514 fix price text was too long
51600,51601,51602 fix query parameters
51603 resync order does not exist
51620,51621 ignore affiliates only
51625 ignore one-click repay
54000 fix margin is not supported
54001 fix auto-borrow is needed
54004 drop another order of the batch failed
54008 wait locked by a mass cancel
54009 fix parameter was out of range
54011 drop reduce-only before delivery
54012 drop only cancels and post-only while depth is low
54024,54025,54026,54027,54028 halt collateral must be enabled
54030 drop own open-interest limit, reducing only
54031 drop platform open-interest limit, reducing only
54035 drop collateral limit, reducing only
54036 fix fill-or-kill does not go with cancel_both
54039,54040,54041,54042,54043,54044,54045,54046,54047,54048 drop retail price improvement rule
54049,54050,54051 drop retail price improvement rule
54070,54071 cancel_and_new order is no longer amendable
54072,54073,54074 drop blocked by view-only, depeg or settlement currency
54084,54085 fix slippage parameter
54092 stop_instrument disclaimer for this pair was not accepted
54094 drop cool-off period, reducing only
54109 halt USDC trading must be activated
59113 halt identity verification level 2 is needed
60004 sync_clock login timestamp was malformed
60005 halt key was invalid
60006 sync_clock login timestamp expired
60007 halt login signature was wrong
60008 fix channel is not served on this endpoint
60009 halt login failed
60011 reconnect login is needed first
60012 fix request was malformed
60013 fix arguments were invalid
60014 retry too frequent
60018 fix URL, channel or instrument was wrong
60019 fix operation was unknown
60023 retry too many logins at once
60024 halt passphrase was wrong
60026 fix key and token logins were mixed
60027 fix a parameter was empty
60028 fix operation is not served on this URL
60031 reconnect logged in twice
60032 halt key does not exist here (wrong region, or deleted)
60033 fix parameter was wrong
63999 retry internal login failure
64000 fix uly parameter is retired
64001,64002 fix channel belongs to another endpoint
64003 drop fee tier is too low for this channel
64004 fix conflicts with another book channel of this connection
64007 query internal error of an operation, outcome unknown
64008 reconnect venue upgrade in a minute
"""

CREDENTIAL_CODES = """
50030 50035 50038 50053 50067 50100 50101 50103 50104 50105 50106 50107 50108 50109
50110 50111 50112 50113 50114 50119 50120 50121
"""
"""REST codes that say the key, its rights or its place of use are wrong; a clock (50102) can be set."""

CLOSE_CODES = """
1000 closed normally
1001 venue is going away
1006 connection lost
1009 message was too large
1012 venue is restarting
4001 login failed
4002 request was invalid
4003 too many keys subscribed
4004 idle for 30 s
4005 this client read too slowly
4006 closed abnormally by the venue
4007 key was edited or deleted
4008 too many channels in total
4009 too many channels on this connection
"""

CANCEL_SOURCES = """
0 by the venue
1 by the user
2 reduce-only lacking margin
3 risk control
4 borrow cap reached
6 auto-deleveraging
7 delivery
9 balance short after funding
10 option expiry
13 fill-or-kill not filled
14 immediate-or-cancel remainder
15 price beyond the limit
17 position already closed
20 dead-man's switch
21 take-profit or stop-loss position closed
22,23 reduce-only displaced by a better price
27 counterparties differ by more than 5%
31 post-only would have taken
32 self-trade prevention
33 more than 1000 makers matched
36,37 take-profit limit order
38,39 market maker protection
42 chase order
43 price beyond the index
44 auto conversion
45 retail price improvement check
46 delta reduction
"""
