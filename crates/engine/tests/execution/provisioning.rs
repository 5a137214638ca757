//! The example of definition-format §4.1, with `call: http` (FR-008).

use expect_test::expect;
use tenure_engine::execution::testing::check;

#[test]
fn a_fault_in_the_fork_unwinds_fork_loop_network_and_quota() {
    check(
        r"
        document: { dsl: '1.0.3', namespace: provisioning, name: tenant-environment, version: '1.0.0', metadata: { compensation: { onFailure: suspend, timeout: PT2H } } }
        use: { retries: { transient: { delay: { seconds: 2 }, backoff: { exponential: {} }, limit: { attempt: { count: 5 } } } } }
        do:
          - reserveQuota:
              call: http
              with: { method: post, endpoint: 'http://p/quota-reserve', body: { tenant: '${ $workflow.input.tenant }' } }
              metadata: { compensate: { do: [ { releaseQuota: { call: http, with: { method: post, endpoint: 'http://p/quota-release', body: { reservationId: '${ $output.reservationId }' } } } } ] } }
          - createNetwork:
              call: http
              with: { method: post, endpoint: 'http://p/network-create', body: { cidr: '${ $workflow.input.cidr }' } }
              export: { as: '${ $context + { network: .id } }' }
              metadata: { compensate: { retry: transient, do: [ { deleteNetwork: { call: http, with: { method: post, endpoint: 'http://p/network-delete', body: { id: '${ $output.id }' } } } } ] } }
          - createNodes:
              for: { each: node, in: '${ $workflow.input.nodes }' }
              do:
                - createVm:
                    call: http
                    with: { method: post, endpoint: 'http://p/vm-create', body: { name: '${ $node.name }', network: '${ $context.network }' } }
                    metadata: { compensate: { on: attempted, retry: transient, do: [ { deleteVm: { call: http, with: { method: post, endpoint: 'http://p/vm-delete', body: { id: '${ $output.id }', name: '${ $node.name }' } } } } ] } }
                - attachDisk:
                    call: http
                    with: { method: post, endpoint: 'http://p/disk-attach', body: { vm: '${ .id }' } }
                    metadata: { compensate: { do: [ { detachDisk: { call: http, with: { method: post, endpoint: 'http://p/disk-detach', body: { attachment: '${ $output.attachmentId }' } } } } ] } }
          - configure:
              fork:
                branches:
                  - openFirewall:
                      call: http
                      with: { method: post, endpoint: 'http://p/firewall-open', body: { network: '${ $context.network }' } }
                      metadata: { compensate: { do: [ { closeFirewall: { call: http, with: { method: post, endpoint: 'http://p/firewall-close', body: { rule: '${ $output.ruleId }' } } } } ] } }
                  - installAgents:
                      call: http
                      with: { method: post, endpoint: 'http://p/agent-install', body: { network: '${ $context.network }' } }
                      metadata: { compensate: { on: attempted, do: [ { removeAgents: { call: http, with: { method: post, endpoint: 'http://p/agent-remove', body: { network: '${ $context.network }' } } } } ] } }
                  - registerMonitoring:
                      try: [ { register: { call: http, with: { method: post, endpoint: 'http://p/monitoring-register', body: { network: '${ $context.network }' } } } } ]
                      catch: { errors: { with: { status: 503 } }, retry: transient }
          - publishDns: { call: http, with: { method: post, endpoint: 'http://p/dns-publish' } }
        ",
        r#"
        start {"tenant":"t","cidr":"10.0.0.0/8","nodes":[{"name":"n0"},{"name":"n1"},{"name":"n2"}]}
        answer /do/0/reserveQuota 200 {"reservationId":"r1"}
        answer /do/1/createNetwork 200 {"id":"net1"}
        answer /do/2/createNodes/do/0/createVm[0] 200 {"id":"vm0"}
        answer /do/2/createNodes/do/1/attachDisk[0] 200 {"attachmentId":"d0"}
        answer /do/2/createNodes/do/0/createVm[1] 200 {"id":"vm1"}
        answer /do/2/createNodes/do/1/attachDisk[1] 200 {"attachmentId":"d1"}
        answer /do/2/createNodes/do/0/createVm[2] 200 {"id":"vm2"}
        answer /do/2/createNodes/do/1/attachDisk[2] 200 {"attachmentId":"d2"}
        answer /do/3/configure/fork/branches/0/openFirewall 200 {"ruleId":"fw1"}
        answer /do/3/configure/fork/branches/2/registerMonitoring/try/0/register 400 {}
        fire grace
        answer /do/3/configure/fork/branches/0/openFirewall/metadata/compensate/do/0/closeFirewall 200 {}
        answer /do/3/configure/fork/branches/1/installAgents/metadata/compensate/do/0/removeAgents 200 {}
        show /do/2/createNodes/do/1/attachDisk/metadata/compensate/do/0/detachDisk
        answer /do/2/createNodes/do/1/attachDisk/metadata/compensate/do/0/detachDisk[2] 200 {}
        show /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm
        answer /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[2] 200 {}
        show /do/2/createNodes/do/1/attachDisk/metadata/compensate/do/0/detachDisk
        answer /do/2/createNodes/do/1/attachDisk/metadata/compensate/do/0/detachDisk[1] 200 {}
        show /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm
        answer /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[1] 200 {}
        show /do/2/createNodes/do/1/attachDisk/metadata/compensate/do/0/detachDisk
        answer /do/2/createNodes/do/1/attachDisk/metadata/compensate/do/0/detachDisk[0] 200 {}
        show /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm
        answer /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[0] 200 {}
        show /do/1/createNetwork/metadata/compensate/do/0/deleteNetwork
        answer /do/1/createNetwork/metadata/compensate/do/0/deleteNetwork 200 {}
        show /do/0/reserveQuota/metadata/compensate/do/0/releaseQuota
        answer /do/0/reserveQuota/metadata/compensate/do/0/releaseQuota 200 {}
        "#,
        expect![[r#"
            > start {"tenant":"t","cidr":"10.0.0.0/8","nodes":[{"name":"n0"},{"name":"n1"},{"name":"n2"}]}
              started
              taskStarted /do/0/reserveQuota
              attemptStarted /do/0/reserveQuota#1
            > answer /do/0/reserveQuota 200 {"reservationId":"r1"}
              taskCompleted /do/0/reserveQuota#1 -> {"reservationId":"r1"}
              taskStarted /do/1/createNetwork
              attemptStarted /do/1/createNetwork#1
            > answer /do/1/createNetwork 200 {"id":"net1"}
              taskCompleted /do/1/createNetwork#1 -> {"id":"net1"} context {"network":"net1"}
              taskStarted /do/2/createNodes
              iterationStarted /do/2/createNodes 0
              taskStarted /do/2/createNodes/do/0/createVm[0]
              attemptStarted /do/2/createNodes/do/0/createVm[0]#1
            > answer /do/2/createNodes/do/0/createVm[0] 200 {"id":"vm0"}
              taskCompleted /do/2/createNodes/do/0/createVm[0]#1 -> {"id":"vm0"}
              taskStarted /do/2/createNodes/do/1/attachDisk[0]
              attemptStarted /do/2/createNodes/do/1/attachDisk[0]#1
            > answer /do/2/createNodes/do/1/attachDisk[0] 200 {"attachmentId":"d0"}
              taskCompleted /do/2/createNodes/do/1/attachDisk[0]#1 -> {"attachmentId":"d0"}
              iterationStarted /do/2/createNodes 1
              taskStarted /do/2/createNodes/do/0/createVm[1]
              attemptStarted /do/2/createNodes/do/0/createVm[1]#1
            > answer /do/2/createNodes/do/0/createVm[1] 200 {"id":"vm1"}
              taskCompleted /do/2/createNodes/do/0/createVm[1]#1 -> {"id":"vm1"}
              taskStarted /do/2/createNodes/do/1/attachDisk[1]
              attemptStarted /do/2/createNodes/do/1/attachDisk[1]#1
            > answer /do/2/createNodes/do/1/attachDisk[1] 200 {"attachmentId":"d1"}
              taskCompleted /do/2/createNodes/do/1/attachDisk[1]#1 -> {"attachmentId":"d1"}
              iterationStarted /do/2/createNodes 2
              taskStarted /do/2/createNodes/do/0/createVm[2]
              attemptStarted /do/2/createNodes/do/0/createVm[2]#1
            > answer /do/2/createNodes/do/0/createVm[2] 200 {"id":"vm2"}
              taskCompleted /do/2/createNodes/do/0/createVm[2]#1 -> {"id":"vm2"}
              taskStarted /do/2/createNodes/do/1/attachDisk[2]
              attemptStarted /do/2/createNodes/do/1/attachDisk[2]#1
            > answer /do/2/createNodes/do/1/attachDisk[2] 200 {"attachmentId":"d2"}
              taskCompleted /do/2/createNodes/do/1/attachDisk[2]#1 -> {"attachmentId":"d2"}
              taskCompleted /do/2/createNodes -> {"attachmentId":"d2"}
              taskStarted /do/3/configure
              taskStarted /do/3/configure/fork/branches/0/openFirewall
              attemptStarted /do/3/configure/fork/branches/0/openFirewall#1
              taskStarted /do/3/configure/fork/branches/1/installAgents
              attemptStarted /do/3/configure/fork/branches/1/installAgents#1
              taskStarted /do/3/configure/fork/branches/2/registerMonitoring
              taskStarted /do/3/configure/fork/branches/2/registerMonitoring/try/0/register
              attemptStarted /do/3/configure/fork/branches/2/registerMonitoring/try/0/register#1
            > answer /do/3/configure/fork/branches/0/openFirewall 200 {"ruleId":"fw1"}
              taskCompleted /do/3/configure/fork/branches/0/openFirewall#1 -> {"ruleId":"fw1"}
            > answer /do/3/configure/fork/branches/2/registerMonitoring/try/0/register 400 {}
              taskFaulted /do/3/configure/fork/branches/2/registerMonitoring/try/0/register#1 ! communication 400 at /do/3/configure/fork/branches/2/registerMonitoring/try/0/register: POST http://p/monitoring-register was answered with status 400: {}
              taskFaulted /do/3/configure/fork/branches/2/registerMonitoring ! communication 400 at /do/3/configure/fork/branches/2/registerMonitoring/try/0/register: POST http://p/monitoring-register was answered with status 400: {}
              interrupted /do/3/configure to fault due +5000
            > fire grace
              taskUncertain /do/3/configure/fork/branches/1/installAgents#1 interrupted: the step was interrupted while its call was under way
              taskCancelled /do/3/configure/fork/branches/1/installAgents executed
              taskFaulted /do/3/configure ! communication 400 at /do/3/configure/fork/branches/2/registerMonitoring/try/0/register: POST http://p/monitoring-register was answered with status 400: {}
              compensationStarted ! communication 400 at /do/3/configure/fork/branches/2/registerMonitoring/try/0/register: POST http://p/monitoring-register was answered with status 400: {} due +7205000
              undoStarted /do/3/configure/fork/branches/1/installAgents
              undoStarted /do/3/configure/fork/branches/0/openFirewall
              taskStarted /do/3/configure/fork/branches/1/installAgents/metadata/compensate/do/0/removeAgents
              attemptStarted /do/3/configure/fork/branches/1/installAgents/metadata/compensate/do/0/removeAgents#1
              taskStarted /do/3/configure/fork/branches/0/openFirewall/metadata/compensate/do/0/closeFirewall
              attemptStarted /do/3/configure/fork/branches/0/openFirewall/metadata/compensate/do/0/closeFirewall#1
            > answer /do/3/configure/fork/branches/0/openFirewall/metadata/compensate/do/0/closeFirewall 200 {}
              taskCompleted /do/3/configure/fork/branches/0/openFirewall/metadata/compensate/do/0/closeFirewall#1 -> {}
              undoCompleted /do/3/configure/fork/branches/0/openFirewall
            > answer /do/3/configure/fork/branches/1/installAgents/metadata/compensate/do/0/removeAgents 200 {}
              taskCompleted /do/3/configure/fork/branches/1/installAgents/metadata/compensate/do/0/removeAgents#1 -> {}
              undoCompleted /do/3/configure/fork/branches/1/installAgents
              undoStarted /do/2/createNodes/do/1/attachDisk[2]
              taskStarted /do/2/createNodes/do/1/attachDisk/metadata/compensate/do/0/detachDisk[2]
              attemptStarted /do/2/createNodes/do/1/attachDisk/metadata/compensate/do/0/detachDisk[2]#1
            > show /do/2/createNodes/do/1/attachDisk/metadata/compensate/do/0/detachDisk
              POST http://p/disk-detach [] {"attachment":"d2"} key=98cbefdf mode=AtMostOnce send-by=+35000 deadline=+605000
            > answer /do/2/createNodes/do/1/attachDisk/metadata/compensate/do/0/detachDisk[2] 200 {}
              taskCompleted /do/2/createNodes/do/1/attachDisk/metadata/compensate/do/0/detachDisk[2]#1 -> {}
              undoCompleted /do/2/createNodes/do/1/attachDisk[2]
              undoStarted /do/2/createNodes/do/0/createVm[2]
              taskStarted /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[2]
              attemptStarted /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[2]#1
            > show /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm
              POST http://p/vm-delete [] {"id":"vm2","name":"n2"} key=d6103e64 mode=AtMostOnce send-by=+35000 deadline=+605000
            > answer /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[2] 200 {}
              taskCompleted /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[2]#1 -> {}
              undoCompleted /do/2/createNodes/do/0/createVm[2]
              undoStarted /do/2/createNodes/do/1/attachDisk[1]
              taskStarted /do/2/createNodes/do/1/attachDisk/metadata/compensate/do/0/detachDisk[1]
              attemptStarted /do/2/createNodes/do/1/attachDisk/metadata/compensate/do/0/detachDisk[1]#1
            > show /do/2/createNodes/do/1/attachDisk/metadata/compensate/do/0/detachDisk
              POST http://p/disk-detach [] {"attachment":"d1"} key=b38b0453 mode=AtMostOnce send-by=+35000 deadline=+605000
            > answer /do/2/createNodes/do/1/attachDisk/metadata/compensate/do/0/detachDisk[1] 200 {}
              taskCompleted /do/2/createNodes/do/1/attachDisk/metadata/compensate/do/0/detachDisk[1]#1 -> {}
              undoCompleted /do/2/createNodes/do/1/attachDisk[1]
              undoStarted /do/2/createNodes/do/0/createVm[1]
              taskStarted /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[1]
              attemptStarted /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[1]#1
            > show /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm
              POST http://p/vm-delete [] {"id":"vm1","name":"n1"} key=e54edb43 mode=AtMostOnce send-by=+35000 deadline=+605000
            > answer /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[1] 200 {}
              taskCompleted /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[1]#1 -> {}
              undoCompleted /do/2/createNodes/do/0/createVm[1]
              undoStarted /do/2/createNodes/do/1/attachDisk[0]
              taskStarted /do/2/createNodes/do/1/attachDisk/metadata/compensate/do/0/detachDisk[0]
              attemptStarted /do/2/createNodes/do/1/attachDisk/metadata/compensate/do/0/detachDisk[0]#1
            > show /do/2/createNodes/do/1/attachDisk/metadata/compensate/do/0/detachDisk
              POST http://p/disk-detach [] {"attachment":"d0"} key=e29b375f mode=AtMostOnce send-by=+35000 deadline=+605000
            > answer /do/2/createNodes/do/1/attachDisk/metadata/compensate/do/0/detachDisk[0] 200 {}
              taskCompleted /do/2/createNodes/do/1/attachDisk/metadata/compensate/do/0/detachDisk[0]#1 -> {}
              undoCompleted /do/2/createNodes/do/1/attachDisk[0]
              undoStarted /do/2/createNodes/do/0/createVm[0]
              taskStarted /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[0]
              attemptStarted /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[0]#1
            > show /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm
              POST http://p/vm-delete [] {"id":"vm0","name":"n0"} key=a4e0acc5 mode=AtMostOnce send-by=+35000 deadline=+605000
            > answer /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[0] 200 {}
              taskCompleted /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[0]#1 -> {}
              undoCompleted /do/2/createNodes/do/0/createVm[0]
              undoStarted /do/1/createNetwork
              taskStarted /do/1/createNetwork/metadata/compensate/do/0/deleteNetwork
              attemptStarted /do/1/createNetwork/metadata/compensate/do/0/deleteNetwork#1
            > show /do/1/createNetwork/metadata/compensate/do/0/deleteNetwork
              POST http://p/network-delete [] {"id":"net1"} key=ad2abea3 mode=AtMostOnce send-by=+35000 deadline=+605000
            > answer /do/1/createNetwork/metadata/compensate/do/0/deleteNetwork 200 {}
              taskCompleted /do/1/createNetwork/metadata/compensate/do/0/deleteNetwork#1 -> {}
              undoCompleted /do/1/createNetwork
              undoStarted /do/0/reserveQuota
              taskStarted /do/0/reserveQuota/metadata/compensate/do/0/releaseQuota
              attemptStarted /do/0/reserveQuota/metadata/compensate/do/0/releaseQuota#1
            > show /do/0/reserveQuota/metadata/compensate/do/0/releaseQuota
              POST http://p/quota-release [] {"reservationId":"r1"} key=731a4a9c mode=AtMostOnce send-by=+35000 deadline=+605000
            > answer /do/0/reserveQuota/metadata/compensate/do/0/releaseQuota 200 {}
              taskCompleted /do/0/reserveQuota/metadata/compensate/do/0/releaseQuota#1 -> {}
              undoCompleted /do/0/reserveQuota
              compensationCompleted
              faulted ! communication 400 at /do/3/configure/fork/branches/2/registerMonitoring/try/0/register: POST http://p/monitoring-register was answered with status 400: {}
            = faulted, compensation completed communication 400 at /do/3/configure/fork/branches/2/registerMonitoring/try/0/register: POST http://p/monitoring-register was answered with status 400: {}
              undo /do/3/configure/fork/branches/0/openFirewall completed
              undo /do/3/configure/fork/branches/1/installAgents completed
              undo /do/2/createNodes/do/1/attachDisk[2] completed
              undo /do/2/createNodes/do/0/createVm[2] completed
              undo /do/2/createNodes/do/1/attachDisk[1] completed
              undo /do/2/createNodes/do/0/createVm[1] completed
              undo /do/2/createNodes/do/1/attachDisk[0] completed
              undo /do/2/createNodes/do/0/createVm[0] completed
              undo /do/1/createNetwork completed
              undo /do/0/reserveQuota completed
        "#]],
    );
}

#[test]
fn an_undo_in_the_loop_that_fails_for_good_suspends_before_the_network() {
    check(
        r"
        document: { dsl: '1.0.3', namespace: provisioning, name: tenant-environment, version: '1.0.0', metadata: { compensation: { onFailure: suspend, timeout: PT2H } } }
        use: { retries: { transient: { delay: { seconds: 2 }, backoff: { exponential: {} }, limit: { attempt: { count: 5 } } } } }
        do:
          - reserveQuota:
              call: http
              with: { method: post, endpoint: 'http://p/quota-reserve', body: { tenant: '${ $workflow.input.tenant }' } }
              metadata: { compensate: { do: [ { releaseQuota: { call: http, with: { method: post, endpoint: 'http://p/quota-release', body: { reservationId: '${ $output.reservationId }' } } } } ] } }
          - createNetwork:
              call: http
              with: { method: post, endpoint: 'http://p/network-create', body: { cidr: '${ $workflow.input.cidr }' } }
              export: { as: '${ $context + { network: .id } }' }
              metadata: { compensate: { retry: transient, do: [ { deleteNetwork: { call: http, with: { method: post, endpoint: 'http://p/network-delete', body: { id: '${ $output.id }' } } } } ] } }
          - createNodes:
              for: { each: node, in: '${ $workflow.input.nodes }' }
              do:
                - createVm:
                    call: http
                    with: { method: post, endpoint: 'http://p/vm-create', body: { name: '${ $node.name }', network: '${ $context.network }' } }
                    metadata: { compensate: { on: attempted, retry: transient, do: [ { deleteVm: { call: http, with: { method: post, endpoint: 'http://p/vm-delete', body: { id: '${ $output.id }', name: '${ $node.name }' } } } } ] } }
                - attachDisk:
                    call: http
                    with: { method: post, endpoint: 'http://p/disk-attach', body: { vm: '${ .id }' } }
                    metadata: { compensate: { do: [ { detachDisk: { call: http, with: { method: post, endpoint: 'http://p/disk-detach', body: { attachment: '${ $output.attachmentId }' } } } } ] } }
          - configure:
              fork:
                branches:
                  - openFirewall:
                      call: http
                      with: { method: post, endpoint: 'http://p/firewall-open', body: { network: '${ $context.network }' } }
                      metadata: { compensate: { do: [ { closeFirewall: { call: http, with: { method: post, endpoint: 'http://p/firewall-close', body: { rule: '${ $output.ruleId }' } } } } ] } }
                  - installAgents:
                      call: http
                      with: { method: post, endpoint: 'http://p/agent-install', body: { network: '${ $context.network }' } }
                      metadata: { compensate: { on: attempted, do: [ { removeAgents: { call: http, with: { method: post, endpoint: 'http://p/agent-remove', body: { network: '${ $context.network }' } } } } ] } }
                  - registerMonitoring:
                      try: [ { register: { call: http, with: { method: post, endpoint: 'http://p/monitoring-register', body: { network: '${ $context.network }' } } } } ]
                      catch: { errors: { with: { status: 503 } }, retry: transient }
          - publishDns: { call: http, with: { method: post, endpoint: 'http://p/dns-publish' } }
        ",
        r#"
        start {"tenant":"t","cidr":"10.0.0.0/8","nodes":[{"name":"n0"},{"name":"n1"},{"name":"n2"}]}
        answer /do/0/reserveQuota 200 {"reservationId":"r1"}
        answer /do/1/createNetwork 200 {"id":"net1"}
        answer /do/2/createNodes/do/0/createVm[0] 200 {"id":"vm0"}
        answer /do/2/createNodes/do/1/attachDisk[0] 200 {"attachmentId":"d0"}
        answer /do/2/createNodes/do/0/createVm[1] 200 {"id":"vm1"}
        answer /do/2/createNodes/do/1/attachDisk[1] 200 {"attachmentId":"d1"}
        answer /do/2/createNodes/do/0/createVm[2] 200 {"id":"vm2"}
        answer /do/2/createNodes/do/1/attachDisk[2] 200 {"attachmentId":"d2"}
        answer /do/3/configure/fork/branches/0/openFirewall 200 {"ruleId":"fw1"}
        answer /do/3/configure/fork/branches/2/registerMonitoring/try/0/register 400 {}
        fire grace
        answer /do/3/configure/fork/branches/0/openFirewall/metadata/compensate/do/0/closeFirewall 200 {}
        answer /do/3/configure/fork/branches/1/installAgents/metadata/compensate/do/0/removeAgents 200 {}
        show /do/2/createNodes/do/1/attachDisk/metadata/compensate/do/0/detachDisk
        answer /do/2/createNodes/do/1/attachDisk/metadata/compensate/do/0/detachDisk[2] 200 {}
        show /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm
        answer /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[2] 200 {}
        answer /do/2/createNodes/do/1/attachDisk/metadata/compensate/do/0/detachDisk[1] 200 {}
        answer /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[1] 500 {}
        fire
        answer /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[1] 500 {}
        fire
        answer /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[1] 500 {}
        fire
        answer /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[1] 500 {}
        fire
        answer /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[1] 500 {}
        fire
        answer /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[1] 500 {}
        resolve /do/2/createNodes/do/0/createVm[1] skip
        show /do/2/createNodes/do/1/attachDisk/metadata/compensate/do/0/detachDisk
        answer /do/2/createNodes/do/1/attachDisk/metadata/compensate/do/0/detachDisk[0] 200 {}
        show /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm
        answer /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[0] 200 {}
        show /do/1/createNetwork/metadata/compensate/do/0/deleteNetwork
        answer /do/1/createNetwork/metadata/compensate/do/0/deleteNetwork 200 {}
        show /do/0/reserveQuota/metadata/compensate/do/0/releaseQuota
        answer /do/0/reserveQuota/metadata/compensate/do/0/releaseQuota 200 {}
        "#,
        expect![[r#"
            > start {"tenant":"t","cidr":"10.0.0.0/8","nodes":[{"name":"n0"},{"name":"n1"},{"name":"n2"}]}
              started
              taskStarted /do/0/reserveQuota
              attemptStarted /do/0/reserveQuota#1
            > answer /do/0/reserveQuota 200 {"reservationId":"r1"}
              taskCompleted /do/0/reserveQuota#1 -> {"reservationId":"r1"}
              taskStarted /do/1/createNetwork
              attemptStarted /do/1/createNetwork#1
            > answer /do/1/createNetwork 200 {"id":"net1"}
              taskCompleted /do/1/createNetwork#1 -> {"id":"net1"} context {"network":"net1"}
              taskStarted /do/2/createNodes
              iterationStarted /do/2/createNodes 0
              taskStarted /do/2/createNodes/do/0/createVm[0]
              attemptStarted /do/2/createNodes/do/0/createVm[0]#1
            > answer /do/2/createNodes/do/0/createVm[0] 200 {"id":"vm0"}
              taskCompleted /do/2/createNodes/do/0/createVm[0]#1 -> {"id":"vm0"}
              taskStarted /do/2/createNodes/do/1/attachDisk[0]
              attemptStarted /do/2/createNodes/do/1/attachDisk[0]#1
            > answer /do/2/createNodes/do/1/attachDisk[0] 200 {"attachmentId":"d0"}
              taskCompleted /do/2/createNodes/do/1/attachDisk[0]#1 -> {"attachmentId":"d0"}
              iterationStarted /do/2/createNodes 1
              taskStarted /do/2/createNodes/do/0/createVm[1]
              attemptStarted /do/2/createNodes/do/0/createVm[1]#1
            > answer /do/2/createNodes/do/0/createVm[1] 200 {"id":"vm1"}
              taskCompleted /do/2/createNodes/do/0/createVm[1]#1 -> {"id":"vm1"}
              taskStarted /do/2/createNodes/do/1/attachDisk[1]
              attemptStarted /do/2/createNodes/do/1/attachDisk[1]#1
            > answer /do/2/createNodes/do/1/attachDisk[1] 200 {"attachmentId":"d1"}
              taskCompleted /do/2/createNodes/do/1/attachDisk[1]#1 -> {"attachmentId":"d1"}
              iterationStarted /do/2/createNodes 2
              taskStarted /do/2/createNodes/do/0/createVm[2]
              attemptStarted /do/2/createNodes/do/0/createVm[2]#1
            > answer /do/2/createNodes/do/0/createVm[2] 200 {"id":"vm2"}
              taskCompleted /do/2/createNodes/do/0/createVm[2]#1 -> {"id":"vm2"}
              taskStarted /do/2/createNodes/do/1/attachDisk[2]
              attemptStarted /do/2/createNodes/do/1/attachDisk[2]#1
            > answer /do/2/createNodes/do/1/attachDisk[2] 200 {"attachmentId":"d2"}
              taskCompleted /do/2/createNodes/do/1/attachDisk[2]#1 -> {"attachmentId":"d2"}
              taskCompleted /do/2/createNodes -> {"attachmentId":"d2"}
              taskStarted /do/3/configure
              taskStarted /do/3/configure/fork/branches/0/openFirewall
              attemptStarted /do/3/configure/fork/branches/0/openFirewall#1
              taskStarted /do/3/configure/fork/branches/1/installAgents
              attemptStarted /do/3/configure/fork/branches/1/installAgents#1
              taskStarted /do/3/configure/fork/branches/2/registerMonitoring
              taskStarted /do/3/configure/fork/branches/2/registerMonitoring/try/0/register
              attemptStarted /do/3/configure/fork/branches/2/registerMonitoring/try/0/register#1
            > answer /do/3/configure/fork/branches/0/openFirewall 200 {"ruleId":"fw1"}
              taskCompleted /do/3/configure/fork/branches/0/openFirewall#1 -> {"ruleId":"fw1"}
            > answer /do/3/configure/fork/branches/2/registerMonitoring/try/0/register 400 {}
              taskFaulted /do/3/configure/fork/branches/2/registerMonitoring/try/0/register#1 ! communication 400 at /do/3/configure/fork/branches/2/registerMonitoring/try/0/register: POST http://p/monitoring-register was answered with status 400: {}
              taskFaulted /do/3/configure/fork/branches/2/registerMonitoring ! communication 400 at /do/3/configure/fork/branches/2/registerMonitoring/try/0/register: POST http://p/monitoring-register was answered with status 400: {}
              interrupted /do/3/configure to fault due +5000
            > fire grace
              taskUncertain /do/3/configure/fork/branches/1/installAgents#1 interrupted: the step was interrupted while its call was under way
              taskCancelled /do/3/configure/fork/branches/1/installAgents executed
              taskFaulted /do/3/configure ! communication 400 at /do/3/configure/fork/branches/2/registerMonitoring/try/0/register: POST http://p/monitoring-register was answered with status 400: {}
              compensationStarted ! communication 400 at /do/3/configure/fork/branches/2/registerMonitoring/try/0/register: POST http://p/monitoring-register was answered with status 400: {} due +7205000
              undoStarted /do/3/configure/fork/branches/1/installAgents
              undoStarted /do/3/configure/fork/branches/0/openFirewall
              taskStarted /do/3/configure/fork/branches/1/installAgents/metadata/compensate/do/0/removeAgents
              attemptStarted /do/3/configure/fork/branches/1/installAgents/metadata/compensate/do/0/removeAgents#1
              taskStarted /do/3/configure/fork/branches/0/openFirewall/metadata/compensate/do/0/closeFirewall
              attemptStarted /do/3/configure/fork/branches/0/openFirewall/metadata/compensate/do/0/closeFirewall#1
            > answer /do/3/configure/fork/branches/0/openFirewall/metadata/compensate/do/0/closeFirewall 200 {}
              taskCompleted /do/3/configure/fork/branches/0/openFirewall/metadata/compensate/do/0/closeFirewall#1 -> {}
              undoCompleted /do/3/configure/fork/branches/0/openFirewall
            > answer /do/3/configure/fork/branches/1/installAgents/metadata/compensate/do/0/removeAgents 200 {}
              taskCompleted /do/3/configure/fork/branches/1/installAgents/metadata/compensate/do/0/removeAgents#1 -> {}
              undoCompleted /do/3/configure/fork/branches/1/installAgents
              undoStarted /do/2/createNodes/do/1/attachDisk[2]
              taskStarted /do/2/createNodes/do/1/attachDisk/metadata/compensate/do/0/detachDisk[2]
              attemptStarted /do/2/createNodes/do/1/attachDisk/metadata/compensate/do/0/detachDisk[2]#1
            > show /do/2/createNodes/do/1/attachDisk/metadata/compensate/do/0/detachDisk
              POST http://p/disk-detach [] {"attachment":"d2"} key=98cbefdf mode=AtMostOnce send-by=+35000 deadline=+605000
            > answer /do/2/createNodes/do/1/attachDisk/metadata/compensate/do/0/detachDisk[2] 200 {}
              taskCompleted /do/2/createNodes/do/1/attachDisk/metadata/compensate/do/0/detachDisk[2]#1 -> {}
              undoCompleted /do/2/createNodes/do/1/attachDisk[2]
              undoStarted /do/2/createNodes/do/0/createVm[2]
              taskStarted /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[2]
              attemptStarted /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[2]#1
            > show /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm
              POST http://p/vm-delete [] {"id":"vm2","name":"n2"} key=d6103e64 mode=AtMostOnce send-by=+35000 deadline=+605000
            > answer /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[2] 200 {}
              taskCompleted /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[2]#1 -> {}
              undoCompleted /do/2/createNodes/do/0/createVm[2]
              undoStarted /do/2/createNodes/do/1/attachDisk[1]
              taskStarted /do/2/createNodes/do/1/attachDisk/metadata/compensate/do/0/detachDisk[1]
              attemptStarted /do/2/createNodes/do/1/attachDisk/metadata/compensate/do/0/detachDisk[1]#1
            > answer /do/2/createNodes/do/1/attachDisk/metadata/compensate/do/0/detachDisk[1] 200 {}
              taskCompleted /do/2/createNodes/do/1/attachDisk/metadata/compensate/do/0/detachDisk[1]#1 -> {}
              undoCompleted /do/2/createNodes/do/1/attachDisk[1]
              undoStarted /do/2/createNodes/do/0/createVm[1]
              taskStarted /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[1]
              attemptStarted /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[1]#1
            > answer /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[1] 500 {}
              taskFaulted /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[1]#1 ! communication 500 at /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm: POST http://p/vm-delete was answered with status 500: {}
              undoRetried /do/2/createNodes/do/0/createVm[1] retry 1 ! communication 500 at /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm: POST http://p/vm-delete was answered with status 500: {} due +7000
            > fire
              undoResumed /do/2/createNodes/do/0/createVm[1]
              taskStarted /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[1]
              attemptStarted /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[1]#2
            > answer /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[1] 500 {}
              taskFaulted /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[1]#2 ! communication 500 at /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm: POST http://p/vm-delete was answered with status 500: {}
              undoRetried /do/2/createNodes/do/0/createVm[1] retry 2 ! communication 500 at /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm: POST http://p/vm-delete was answered with status 500: {} due +11000
            > fire
              undoResumed /do/2/createNodes/do/0/createVm[1]
              taskStarted /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[1]
              attemptStarted /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[1]#3
            > answer /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[1] 500 {}
              taskFaulted /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[1]#3 ! communication 500 at /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm: POST http://p/vm-delete was answered with status 500: {}
              undoRetried /do/2/createNodes/do/0/createVm[1] retry 3 ! communication 500 at /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm: POST http://p/vm-delete was answered with status 500: {} due +19000
            > fire
              undoResumed /do/2/createNodes/do/0/createVm[1]
              taskStarted /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[1]
              attemptStarted /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[1]#4
            > answer /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[1] 500 {}
              taskFaulted /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[1]#4 ! communication 500 at /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm: POST http://p/vm-delete was answered with status 500: {}
              undoRetried /do/2/createNodes/do/0/createVm[1] retry 4 ! communication 500 at /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm: POST http://p/vm-delete was answered with status 500: {} due +35000
            > fire
              undoResumed /do/2/createNodes/do/0/createVm[1]
              taskStarted /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[1]
              attemptStarted /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[1]#5
            > answer /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[1] 500 {}
              taskFaulted /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[1]#5 ! communication 500 at /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm: POST http://p/vm-delete was answered with status 500: {}
              undoRetried /do/2/createNodes/do/0/createVm[1] retry 5 ! communication 500 at /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm: POST http://p/vm-delete was answered with status 500: {} due +67000
            > fire
              undoResumed /do/2/createNodes/do/0/createVm[1]
              taskStarted /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[1]
              attemptStarted /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[1]#6
            > answer /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[1] 500 {}
              taskFaulted /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[1]#6 ! communication 500 at /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm: POST http://p/vm-delete was answered with status 500: {}
              undoFailed /do/2/createNodes/do/0/createVm[1] an operator decides ! communication 500 at /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm: POST http://p/vm-delete was answered with status 500: {}
            > resolve /do/2/createNodes/do/0/createVm[1] skip
              taskResolved /do/2/createNodes/do/0/createVm[1] skip
              undoStarted /do/2/createNodes/do/1/attachDisk[0]
              taskStarted /do/2/createNodes/do/1/attachDisk/metadata/compensate/do/0/detachDisk[0]
              attemptStarted /do/2/createNodes/do/1/attachDisk/metadata/compensate/do/0/detachDisk[0]#1
            > show /do/2/createNodes/do/1/attachDisk/metadata/compensate/do/0/detachDisk
              POST http://p/disk-detach [] {"attachment":"d0"} key=e29b375f mode=AtMostOnce send-by=+97000 deadline=+667000
            > answer /do/2/createNodes/do/1/attachDisk/metadata/compensate/do/0/detachDisk[0] 200 {}
              taskCompleted /do/2/createNodes/do/1/attachDisk/metadata/compensate/do/0/detachDisk[0]#1 -> {}
              undoCompleted /do/2/createNodes/do/1/attachDisk[0]
              undoStarted /do/2/createNodes/do/0/createVm[0]
              taskStarted /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[0]
              attemptStarted /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[0]#1
            > show /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm
              POST http://p/vm-delete [] {"id":"vm0","name":"n0"} key=a4e0acc5 mode=AtMostOnce send-by=+97000 deadline=+667000
            > answer /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[0] 200 {}
              taskCompleted /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[0]#1 -> {}
              undoCompleted /do/2/createNodes/do/0/createVm[0]
              undoStarted /do/1/createNetwork
              taskStarted /do/1/createNetwork/metadata/compensate/do/0/deleteNetwork
              attemptStarted /do/1/createNetwork/metadata/compensate/do/0/deleteNetwork#1
            > show /do/1/createNetwork/metadata/compensate/do/0/deleteNetwork
              POST http://p/network-delete [] {"id":"net1"} key=ad2abea3 mode=AtMostOnce send-by=+97000 deadline=+667000
            > answer /do/1/createNetwork/metadata/compensate/do/0/deleteNetwork 200 {}
              taskCompleted /do/1/createNetwork/metadata/compensate/do/0/deleteNetwork#1 -> {}
              undoCompleted /do/1/createNetwork
              undoStarted /do/0/reserveQuota
              taskStarted /do/0/reserveQuota/metadata/compensate/do/0/releaseQuota
              attemptStarted /do/0/reserveQuota/metadata/compensate/do/0/releaseQuota#1
            > show /do/0/reserveQuota/metadata/compensate/do/0/releaseQuota
              POST http://p/quota-release [] {"reservationId":"r1"} key=731a4a9c mode=AtMostOnce send-by=+97000 deadline=+667000
            > answer /do/0/reserveQuota/metadata/compensate/do/0/releaseQuota 200 {}
              taskCompleted /do/0/reserveQuota/metadata/compensate/do/0/releaseQuota#1 -> {}
              undoCompleted /do/0/reserveQuota
              compensationFailed
              faulted ! communication 400 at /do/3/configure/fork/branches/2/registerMonitoring/try/0/register: POST http://p/monitoring-register was answered with status 400: {}
            = faulted, compensation failed communication 400 at /do/3/configure/fork/branches/2/registerMonitoring/try/0/register: POST http://p/monitoring-register was answered with status 400: {}
              undo /do/3/configure/fork/branches/0/openFirewall completed
              undo /do/3/configure/fork/branches/1/installAgents completed
              undo /do/2/createNodes/do/1/attachDisk[2] completed
              undo /do/2/createNodes/do/0/createVm[2] completed
              undo /do/2/createNodes/do/1/attachDisk[1] completed
              undo /do/2/createNodes/do/0/createVm[1] skipped
              undo /do/2/createNodes/do/1/attachDisk[0] completed
              undo /do/2/createNodes/do/0/createVm[0] completed
              undo /do/1/createNetwork completed
              undo /do/0/reserveQuota completed
        "#]],
    );
}

#[test]
fn a_cancel_in_the_loop_undoes_the_attempted_machine_and_everything_before() {
    check(
        r"
        document: { dsl: '1.0.3', namespace: provisioning, name: tenant-environment, version: '1.0.0', metadata: { compensation: { onFailure: suspend, timeout: PT2H } } }
        use: { retries: { transient: { delay: { seconds: 2 }, backoff: { exponential: {} }, limit: { attempt: { count: 5 } } } } }
        do:
          - reserveQuota:
              call: http
              with: { method: post, endpoint: 'http://p/quota-reserve', body: { tenant: '${ $workflow.input.tenant }' } }
              metadata: { compensate: { do: [ { releaseQuota: { call: http, with: { method: post, endpoint: 'http://p/quota-release', body: { reservationId: '${ $output.reservationId }' } } } } ] } }
          - createNetwork:
              call: http
              with: { method: post, endpoint: 'http://p/network-create', body: { cidr: '${ $workflow.input.cidr }' } }
              export: { as: '${ $context + { network: .id } }' }
              metadata: { compensate: { retry: transient, do: [ { deleteNetwork: { call: http, with: { method: post, endpoint: 'http://p/network-delete', body: { id: '${ $output.id }' } } } } ] } }
          - createNodes:
              for: { each: node, in: '${ $workflow.input.nodes }' }
              do:
                - createVm:
                    call: http
                    with: { method: post, endpoint: 'http://p/vm-create', body: { name: '${ $node.name }', network: '${ $context.network }' } }
                    metadata: { compensate: { on: attempted, retry: transient, do: [ { deleteVm: { call: http, with: { method: post, endpoint: 'http://p/vm-delete', body: { id: '${ $output.id }', name: '${ $node.name }' } } } } ] } }
                - attachDisk:
                    call: http
                    with: { method: post, endpoint: 'http://p/disk-attach', body: { vm: '${ .id }' } }
                    metadata: { compensate: { do: [ { detachDisk: { call: http, with: { method: post, endpoint: 'http://p/disk-detach', body: { attachment: '${ $output.attachmentId }' } } } } ] } }
          - configure:
              fork:
                branches:
                  - openFirewall:
                      call: http
                      with: { method: post, endpoint: 'http://p/firewall-open', body: { network: '${ $context.network }' } }
                      metadata: { compensate: { do: [ { closeFirewall: { call: http, with: { method: post, endpoint: 'http://p/firewall-close', body: { rule: '${ $output.ruleId }' } } } } ] } }
                  - installAgents:
                      call: http
                      with: { method: post, endpoint: 'http://p/agent-install', body: { network: '${ $context.network }' } }
                      metadata: { compensate: { on: attempted, do: [ { removeAgents: { call: http, with: { method: post, endpoint: 'http://p/agent-remove', body: { network: '${ $context.network }' } } } } ] } }
                  - registerMonitoring:
                      try: [ { register: { call: http, with: { method: post, endpoint: 'http://p/monitoring-register', body: { network: '${ $context.network }' } } } } ]
                      catch: { errors: { with: { status: 503 } }, retry: transient }
          - publishDns: { call: http, with: { method: post, endpoint: 'http://p/dns-publish' } }
        ",
        r#"
        start {"tenant":"t","cidr":"10.0.0.0/8","nodes":[{"name":"n0"},{"name":"n1"},{"name":"n2"}]}
        answer /do/0/reserveQuota 200 {"reservationId":"r1"}
        answer /do/1/createNetwork 200 {"id":"net1"}
        answer /do/2/createNodes/do/0/createVm[0] 200 {"id":"vm0"}
        answer /do/2/createNodes/do/1/attachDisk[0] 200 {"attachmentId":"d0"}
        cancel compensate
        fire grace
        show /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm
        answer /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[1] 200 {}
        show /do/2/createNodes/do/1/attachDisk/metadata/compensate/do/0/detachDisk
        answer /do/2/createNodes/do/1/attachDisk/metadata/compensate/do/0/detachDisk[0] 200 {}
        show /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm
        answer /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[0] 200 {}
        show /do/1/createNetwork/metadata/compensate/do/0/deleteNetwork
        answer /do/1/createNetwork/metadata/compensate/do/0/deleteNetwork 200 {}
        show /do/0/reserveQuota/metadata/compensate/do/0/releaseQuota
        answer /do/0/reserveQuota/metadata/compensate/do/0/releaseQuota 200 {}
        "#,
        expect![[r#"
            > start {"tenant":"t","cidr":"10.0.0.0/8","nodes":[{"name":"n0"},{"name":"n1"},{"name":"n2"}]}
              started
              taskStarted /do/0/reserveQuota
              attemptStarted /do/0/reserveQuota#1
            > answer /do/0/reserveQuota 200 {"reservationId":"r1"}
              taskCompleted /do/0/reserveQuota#1 -> {"reservationId":"r1"}
              taskStarted /do/1/createNetwork
              attemptStarted /do/1/createNetwork#1
            > answer /do/1/createNetwork 200 {"id":"net1"}
              taskCompleted /do/1/createNetwork#1 -> {"id":"net1"} context {"network":"net1"}
              taskStarted /do/2/createNodes
              iterationStarted /do/2/createNodes 0
              taskStarted /do/2/createNodes/do/0/createVm[0]
              attemptStarted /do/2/createNodes/do/0/createVm[0]#1
            > answer /do/2/createNodes/do/0/createVm[0] 200 {"id":"vm0"}
              taskCompleted /do/2/createNodes/do/0/createVm[0]#1 -> {"id":"vm0"}
              taskStarted /do/2/createNodes/do/1/attachDisk[0]
              attemptStarted /do/2/createNodes/do/1/attachDisk[0]#1
            > answer /do/2/createNodes/do/1/attachDisk[0] 200 {"attachmentId":"d0"}
              taskCompleted /do/2/createNodes/do/1/attachDisk[0]#1 -> {"attachmentId":"d0"}
              iterationStarted /do/2/createNodes 1
              taskStarted /do/2/createNodes/do/0/createVm[1]
              attemptStarted /do/2/createNodes/do/0/createVm[1]#1
            > cancel compensate
              cancelRequested compensate
              interrupted to cancel due +5000
            > fire grace
              taskUncertain /do/2/createNodes/do/0/createVm[1]#1 interrupted: the step was interrupted while its call was under way
              taskCancelled /do/2/createNodes/do/0/createVm[1] executed
              taskCancelled /do/2/createNodes
              compensationStarted due +7205000
              undoStarted /do/2/createNodes/do/0/createVm[1]
              taskStarted /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[1]
              attemptStarted /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[1]#1
            > show /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm
              POST http://p/vm-delete [] {"id":null,"name":"n1"} key=e54edb43 mode=AtMostOnce send-by=+35000 deadline=+605000
            > answer /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[1] 200 {}
              taskCompleted /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[1]#1 -> {}
              undoCompleted /do/2/createNodes/do/0/createVm[1]
              undoStarted /do/2/createNodes/do/1/attachDisk[0]
              taskStarted /do/2/createNodes/do/1/attachDisk/metadata/compensate/do/0/detachDisk[0]
              attemptStarted /do/2/createNodes/do/1/attachDisk/metadata/compensate/do/0/detachDisk[0]#1
            > show /do/2/createNodes/do/1/attachDisk/metadata/compensate/do/0/detachDisk
              POST http://p/disk-detach [] {"attachment":"d0"} key=e29b375f mode=AtMostOnce send-by=+35000 deadline=+605000
            > answer /do/2/createNodes/do/1/attachDisk/metadata/compensate/do/0/detachDisk[0] 200 {}
              taskCompleted /do/2/createNodes/do/1/attachDisk/metadata/compensate/do/0/detachDisk[0]#1 -> {}
              undoCompleted /do/2/createNodes/do/1/attachDisk[0]
              undoStarted /do/2/createNodes/do/0/createVm[0]
              taskStarted /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[0]
              attemptStarted /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[0]#1
            > show /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm
              POST http://p/vm-delete [] {"id":"vm0","name":"n0"} key=a4e0acc5 mode=AtMostOnce send-by=+35000 deadline=+605000
            > answer /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[0] 200 {}
              taskCompleted /do/2/createNodes/do/0/createVm/metadata/compensate/do/0/deleteVm[0]#1 -> {}
              undoCompleted /do/2/createNodes/do/0/createVm[0]
              undoStarted /do/1/createNetwork
              taskStarted /do/1/createNetwork/metadata/compensate/do/0/deleteNetwork
              attemptStarted /do/1/createNetwork/metadata/compensate/do/0/deleteNetwork#1
            > show /do/1/createNetwork/metadata/compensate/do/0/deleteNetwork
              POST http://p/network-delete [] {"id":"net1"} key=ad2abea3 mode=AtMostOnce send-by=+35000 deadline=+605000
            > answer /do/1/createNetwork/metadata/compensate/do/0/deleteNetwork 200 {}
              taskCompleted /do/1/createNetwork/metadata/compensate/do/0/deleteNetwork#1 -> {}
              undoCompleted /do/1/createNetwork
              undoStarted /do/0/reserveQuota
              taskStarted /do/0/reserveQuota/metadata/compensate/do/0/releaseQuota
              attemptStarted /do/0/reserveQuota/metadata/compensate/do/0/releaseQuota#1
            > show /do/0/reserveQuota/metadata/compensate/do/0/releaseQuota
              POST http://p/quota-release [] {"reservationId":"r1"} key=731a4a9c mode=AtMostOnce send-by=+35000 deadline=+605000
            > answer /do/0/reserveQuota/metadata/compensate/do/0/releaseQuota 200 {}
              taskCompleted /do/0/reserveQuota/metadata/compensate/do/0/releaseQuota#1 -> {}
              undoCompleted /do/0/reserveQuota
              compensationCompleted
              cancelled
            = cancelled, compensation completed
              undo /do/2/createNodes/do/0/createVm[1] completed
              undo /do/2/createNodes/do/1/attachDisk[0] completed
              undo /do/2/createNodes/do/0/createVm[0] completed
              undo /do/1/createNetwork completed
              undo /do/0/reserveQuota completed
        "#]],
    );
}
